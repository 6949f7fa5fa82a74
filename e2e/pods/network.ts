// Pods and the network: names, hosts files, resolvers, ports, the way to the API server.
// Invariant: see case.ts.
// Called by: e2e/pods.e2e.ts. Next on the way: lifecycle.ts.

import { get } from "node:http";
import { forever, type PodCase, sh, shell } from "./case.ts";

/** The host's own curl and what it needs, seen from inside. */
const hostPrograms = ["/usr", "/lib", "/lib64", "/etc/ssl"].map((path, index) => ({ name: `h${index}`, hostPath: { path } }));
const hostMounts = hostPrograms.map(({ name, hostPath }) => ({ name, mountPath: hostPath.path, readOnly: true }));

export const network: readonly PodCase[] = [
  {
    key: "net-hostname",
    says: "a pod is called by its name, and its hosts file says so",
    spec: sh('hostname; head -1 /etc/hosts; grep -c "$(hostname -i)\tnet-hostname$" /etc/hosts'),
    ends: "Succeeded",
    logs: "net-hostname\n# Kubernetes-managed hosts file.\n1\n",
  },
  {
    key: "net-subdomain",
    says: "hostname and subdomain make a full name in the hosts file",
    spec: sh("hostname; grep captain /etc/hosts | cut -f2-", {}, { hostname: "captain", subdomain: "fleet" }),
    ends: "Succeeded",
    logs: "captain\ncaptain.fleet.pods.svc.cluster.local\tcaptain\n",
  },
  {
    key: "net-fqdn",
    says: "setHostnameAsFQDN tells the kernel the full name",
    spec: sh("hostname", {}, { hostname: "captain", subdomain: "fleet", setHostnameAsFQDN: true }),
    ends: "Succeeded",
    logs: "captain.fleet.pods.svc.cluster.local\n",
  },
  {
    key: "net-aliases",
    says: "hostAliases are added to the hosts file",
    spec: sh("sed -n '/^# Entries/,$p' /etc/hosts", {}, { hostAliases: [{ ip: "192.0.2.7", hostnames: ["a.example", "b.example"] }] }),
    ends: "Succeeded",
    logs: "# Entries added by HostAliases.\n192.0.2.7\ta.example\tb.example\n",
  },
  {
    key: "net-dns-none",
    says: "dnsPolicy None: what dnsConfig says and nothing else",
    spec: sh(
      "cat /etc/resolv.conf",
      {},
      {
        dnsPolicy: "None",
        dnsConfig: {
          nameservers: ["192.0.2.53"],
          searches: ["harbour.example"],
          options: [{ name: "ndots", value: "2" }, { name: "edns0" }],
        },
      },
    ),
    ends: "Succeeded",
    logs: "search harbour.example\nnameserver 192.0.2.53\noptions ndots:2 edns0\n",
  },
  {
    key: "net-dns-default",
    says: "dnsPolicy Default: the node's resolvers, and what dnsConfig adds",
    spec: sh(
      "grep -c '^nameserver 192.0.2.54$' /etc/resolv.conf; grep ^nameserver /h/resolv.conf | head -1 | grep -qFf - /etc/resolv.conf && echo node",
      { volumeMounts: [{ name: "h", mountPath: "/h" }] },
      { dnsPolicy: "Default", dnsConfig: { nameservers: ["192.0.2.54"] }, volumes: [{ name: "h", hostPath: { path: "/etc" } }] },
    ),
    ends: "Succeeded",
    logs: /^1\n/,
  },
  {
    key: "net-host",
    says: "hostNetwork: the node's addresses, name and hosts file",
    spec: sh("head -1 /etc/hosts; test $(ls /sys/class/net | wc -l) -gt 2 && echo interfaces", {}, { hostNetwork: true }),
    ends: "Succeeded",
    logs: "# Kubernetes-managed hosts file (host network).\ninterfaces\n",
    sees: [["its address is the node's", (pod) => pod.status?.podIP === pod.status?.hostIP, true]],
  },
  {
    key: "net-port",
    says: "a hostPort leads from the node's address to the container",
    spec: {
      containers: [
        shell("c", "mkdir /www; echo ahoy > /www/index.html; exec httpd -f -p 8080 -h /www", {
          ports: [{ containerPort: 8080, hostPort: 18_081 }],
        }),
      ],
      terminationGracePeriodSeconds: 1,
    },
    ends: "Ready",
    async afterwards({ eventually, pod }) {
      const url = `http://${pod.status?.hostIP}:18081/`;
      const ask = (): Promise<string> =>
        new Promise((resolve) => {
          const request = get(url, { agent: false, timeout: 2000 }, (response) => {
            let text = "";
            response.on("data", (chunk: Buffer) => (text += chunk.toString()));
            response.on("end", () => resolve(text));
          });
          request.on("error", () => resolve(""));
          request.on("timeout", () => request.destroy());
        });
      await eventually("the port answers", async () => (await ask()) === "ahoy\n");
    },
  },
  {
    key: "net-api",
    says: "a pod reaches the API server at the Service's address, trusts it by its own files, and is known by its token",
    spec: sh(
      `D=/var/run/secrets/kubernetes.io/serviceaccount
       curl -sS --cacert $D/ca.crt -H "Authorization: Bearer $(cat $D/token)" https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT/api/v1/namespaces/pods/secrets | grep -o 'system:serviceaccount:pods:default' | head -1
       curl -sS --cacert $D/ca.crt https://10.96.0.1/version | grep -o '"major": *"1"' | tr -d ' '`,
      { volumeMounts: hostMounts, env: [{ name: "PATH", value: "/bin:/usr/bin" }] },
      { volumes: hostPrograms },
    ),
    ends: "Succeeded",
    logs: 'system:serviceaccount:pods:default\n"major":"1"\n',
  },
  {
    key: "net-loopback",
    says: "what else listens on the node's loopback stays out of reach",
    spec: sh(
      "ip route add 127.0.0.2 via $(ip route | sed -n 's/^default via \\([0-9.]*\\).*/\\1/p') table 9 2>/dev/null; echo | nc -w 1 127.0.0.1 6443 2>&1 | head -1; echo done",
    ),
    ends: "Succeeded",
    logs: /done\n$/,
  },
  {
    key: "net-peers",
    says: "containers of a pod share the loopback interface",
    spec: {
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 1,
      containers: [
        shell("c", "until wget -qO- http://127.0.0.1:8080/word 2>/dev/null; do sleep 0.1; done"),
        shell("d", "mkdir /www; echo heard > /www/word; httpd -p 127.0.0.1:8080 -h /www; sleep 6"),
      ],
    },
    ends: (pod) => pod.status?.containerStatuses?.[0]?.state?.terminated !== undefined,
    logs: "heard\n",
  },
  {
    key: "net-forever",
    says: "a pod's address is in the node's range and in its status",
    spec: { containers: [shell("c", `hostname -i; ${forever}`)] },
    ends: "Ready",
    logs: /^10\.2\d\d\.0\.\d+\n$/,
    sees: [["podIPs", (pod) => pod.status?.podIPs?.[0]?.ip === pod.status?.podIP, true]],
  },
];
