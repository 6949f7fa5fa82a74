// What a container is told: variables of Services, its resolver, its host name; and that it may not be root.
// Invariant: tables; texts are upstream's.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, PodSpec, Service } from "#api";
import type { KubeletSettings } from "../settings.ts";
import { parseResolvConf, podDns } from "./dns.ts";
import { kernelHostname, podHostname } from "./hostname.ts";
import { verifyNonRoot } from "./nonroot.ts";
import { servicesFor, serviceVariables } from "./services.ts";

/** Which kind an object is matters to none of these. */
const kinded = { kind: "", apiVersion: "v1" };

const pod = (spec: Partial<PodSpec> = {}, name = "p"): Pod => ({
  ...kinded,
  metadata: { name, namespace: "d", uid: "u" },
  spec: { containers: [{ name: "c" }], ...spec },
});
const service = (namespace: string, name: string, clusterIP: string): Service => ({
  ...kinded,
  metadata: { namespace, name },
  spec: { clusterIP, ports: [{ port: 80 }] },
});

test("a pod hears of its namespace's Services and of the cluster's own, by whatever name it has at home", () => {
  const all = [
    service("default", "kubernetes", "10.0.0.1"),
    service("d", "web", "10.0.0.2"),
    service("e", "other", "10.0.0.3"),
    service("d", "headless", "None"),
  ];
  const names = (links: boolean) => servicesFor(all, "d", links).map((one) => one.metadata.name);
  assert.deepEqual([names(true), names(false)], [["kubernetes", "web"], ["kubernetes"]]);
});

test("variables of a Service", () => {
  const variables = serviceVariables([
    {
      ...kinded,
      metadata: { name: "my-db" },
      spec: {
        clusterIP: "fd00::1",
        ports: [
          { name: "sql", port: 5432 },
          { name: "x-y", port: 53, protocol: "UDP" },
        ],
      },
    },
  ]);
  assert.equal(variables.get("MY_DB_SERVICE_HOST"), "fd00::1");
  assert.equal(variables.get("MY_DB_SERVICE_PORT"), "5432");
  assert.equal(variables.get("MY_DB_SERVICE_PORT_X_Y"), "53");
  assert.equal(variables.get("MY_DB_PORT"), "tcp://[fd00::1]:5432");
  assert.equal(variables.get("MY_DB_PORT_53_UDP"), "udp://[fd00::1]:53");
});

const host = parseResolvConf(
  "# c\nnameserver 192.0.2.1\nnameserver 192.0.2.2 # x\nsearch old\nsearch home.example lan\noptions ndots:1 edns0\n",
);
const settings = { clusterDomain: "cluster.local", clusterDns: ["10.96.0.10"] } as unknown as KubeletSettings;
const resolvers: readonly (readonly [name: string, spec: Partial<PodSpec>, want: string | undefined])[] = [
  ["the cluster's", {}, "10.96.0.10 | d.svc.cluster.local svc.cluster.local cluster.local home.example lan | ndots:5"],
  ["the node's", { dnsPolicy: "Default" }, undefined],
  ["the node's for the node's network", { hostNetwork: true }, undefined],
  [
    "the cluster's for the node's network",
    { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" },
    "10.96.0.10 | d.svc.cluster.local svc.cluster.local cluster.local home.example lan | ndots:5",
  ],
  [
    "the node's and more",
    {
      dnsPolicy: "Default",
      dnsConfig: { nameservers: ["192.0.2.9", "192.0.2.1"], searches: ["x"], options: [{ name: "ndots", value: "3" }] },
    },
    "192.0.2.1 192.0.2.2 192.0.2.9 | home.example lan x | edns0 ndots:3",
  ],
  ["one's own", { dnsPolicy: "None", dnsConfig: { nameservers: ["192.0.2.9"] } }, "192.0.2.9 |  | "],
];
for (const [name, spec, want] of resolvers) {
  test(`resolv.conf: ${name}`, () => {
    const found = podDns(pod(spec), settings, () => host);
    assert.equal(found && [found.servers, found.searches, found.options].map((words) => words.join(" ")).join(" | "), want);
  });
}

test("host names", () => {
  const domain = "cluster.local";
  assert.deepEqual(podHostname(pod({}, `${"a".repeat(62)}-b`), domain), { name: "a".repeat(62), domain: "" });
  assert.equal(kernelHostname(pod({ hostname: "h", subdomain: "s" }), domain), "h");
  assert.equal(kernelHostname(pod({ hostname: "h", subdomain: "s", setHostnameAsFQDN: true }), domain), "h.s.d.svc.cluster.local");
  const long = pod({ hostname: "h".repeat(60), subdomain: "s", setHostnameAsFQDN: true });
  assert.throws(
    () => kernelHostname(long, domain),
    /^Error: failed to construct FQDN .* is too long \(64 characters is the max, 82 characters requested\)$/,
  );
});

const about = '(pod: "p_d(u)", container: c)';
const users: readonly (readonly [
  name: string,
  security: object,
  image: { uid: { value: number } | null; username: string } | undefined,
  want: string | undefined,
])[] = [
  ["nobody asks", {}, { uid: { value: 0 }, username: "" }, undefined],
  [
    "the image's user is root",
    { runAsNonRoot: true },
    { uid: { value: 0 }, username: "" },
    `container has runAsNonRoot and image will run as root ${about}`,
  ],
  [
    "the image names no user",
    { runAsNonRoot: true },
    { uid: null, username: "" },
    `container has runAsNonRoot and image will run as root ${about}`,
  ],
  ["the image's user is a number", { runAsNonRoot: true }, { uid: { value: 5 }, username: "" }, undefined],
  [
    "the image's user is a word",
    { runAsNonRoot: true },
    { uid: null, username: "web" },
    `container has runAsNonRoot and image has non-numeric user (web), cannot verify user is non-root ${about}`,
  ],
  ["the pod says who", { runAsNonRoot: true, runAsUser: 7 }, undefined, undefined],
  ["the pod says root", { runAsNonRoot: true, runAsUser: 0 }, undefined, `container's runAsUser breaks non-root policy ${about}`],
];
for (const [name, securityContext, image, want] of users) {
  test(`non-root: ${name}`, () => {
    const run = (): void => verifyNonRoot(pod({ securityContext }), { name: "c" }, image);
    if (want === undefined) run();
    else assert.throws(run, { message: want });
  });
}
