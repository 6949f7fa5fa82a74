// The first hour's commands, by real kubectl on real containers: apply, look, scale, roll, delete.
// Invariant: every answer is compared with what upstream's kubectl and API server print, times and hashes apart.
// Called by: npm run e2e, once per kubectl the machine has. Next on the way: down.e2e.ts, what is left afterwards.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Cluster, kubectls, root } from "./support/cluster.ts";
import { must } from "./support/commands.ts";

const manifest = join(root, "e2e/manifests/web.yaml");
const cluster = new Cluster("apply");

interface PodRow {
  readonly name: string;
  readonly ip: string;
}

async function podRows(): Promise<PodRow[]> {
  const text = await cluster.kubectl("get pods -l app=web -o jsonpath={range.items[*]}{.metadata.name}={.status.podIP};{end}");
  return text
    .split(";")
    .filter((row) => row !== "")
    .map((row) => ({ name: row.split("=")[0]!, ip: row.split("=")[1]! }));
}

before(async () => {
  await cluster.up("--runtime", "containerd");
  for (const reference of ["dhow.local/busybox:1", "dhow.local/busybox:2"]) await cluster.loadBusybox(reference);
});

after(() => cluster.destroy());

for (const kubectl of await kubectls()) {
  describe(`${kubectl.name} on containerd`, () => {
    before(() => {
      cluster.kubectlPath = kubectl.path;
    });

    test("version, api-resources and explain speak of this API", async () => {
      assert.match(await cluster.kubectl("version"), /Server Version: .*v1\.36\.\d+\+dhow/);
      const resources = await cluster.kubectl("api-resources");
      assert.match(resources, /^deployments +deploy +apps\/v1 +true +Deployment$/m);
      assert.match(resources, /^pods +po +v1 +true +Pod$/m);
      assert.match(await cluster.kubectl("explain deployment.spec.replicas"), /FIELD: +replicas <integer>/);
      assert.match(await cluster.kubectl("explain pod.spec.containers"), /<\[\](Object|Container)>/);
    });

    test("apply a Deployment: three pods Running and Ready, each answering on its address", async () => {
      assert.equal(await cluster.kubectl(`apply -f ${manifest}`), "deployment.apps/web created\n");
      assert.match(await cluster.kubectl("rollout status deployment/web --timeout=60s"), /deployment "web" successfully rolled out\n$/);
      assert.match(await cluster.kubectl("get deployment web"), /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +3\/3 +3 +3 +\d+s\n$/);
      const rows = await podRows();
      assert.equal(rows.length, 3);
      for (const { name, ip } of rows)
        assert.equal(await must("curl", ["-sS", "--max-time", "5", `http://${ip}:8080/`]), `hello from ${name}\n`);
    });

    test("get in its forms", async () => {
      assert.match(
        await cluster.kubectl("get pods"),
        /^NAME +READY +STATUS +RESTARTS +AGE\n(web-[a-z0-9]+-[a-z0-9]{5} +1\/1 +Running +0 +\d+s\n){3}$/,
      );
      assert.match(
        await cluster.kubectl("get pods -o wide"),
        /NOMINATED NODE +READINESS GATES\n(web-\S+ +1\/1 +Running +0 +\d+s +10\.2\d\d\.\d+\.\d+ +\S+ +<none> +<none>\n){3}$/,
      );
      assert.match(await cluster.kubectl("get deploy,rs -o name"), /^deployment\.apps\/web\nreplicaset\.apps\/web-[a-z0-9]+\n$/);
      const yaml = await cluster.kubectl("get deployment web -o yaml");
      assert.match(yaml, /^apiVersion: apps\/v1\nkind: Deployment\n/);
      assert.match(yaml, /progressDeadlineSeconds: 600/);
      const object = JSON.parse(await cluster.kubectl("get deployment web -o json")) as {
        status: { readyReplicas: number; observedGeneration: number };
      };
      assert.deepEqual([object.status.readyReplicas, object.status.observedGeneration], [3, 1]);
      assert.match(
        await cluster.kubectl("get nodes"),
        /^NAME +STATUS +ROLES +AGE +VERSION\n\S+ +Ready +\S+ +\S+ +v1\.36\.\d+\+dhow\.\d+\n$/,
      );
    });

    test("describe tells the story in events, logs what the container said", async () => {
      const [pod] = await podRows();
      const described = await cluster.kubectl(`describe pod ${pod!.name}`);
      for (const reason of ["Scheduled", "Pulled", "Created", "Started"]) assert.match(described, new RegExp(`Normal +${reason} `));
      assert.match(await cluster.kubectl("describe deployment web"), /Normal +ScalingReplicaSet .*Scaled up replica set web-\S+/);
      assert.equal(await cluster.kubectl(`logs ${pod!.name}`), "serving\n");
    });

    test("apply again changes nothing", async () => {
      const before = await cluster.kubectl("get deployment web -o jsonpath={.metadata.resourceVersion}");
      assert.equal(await cluster.kubectl(`apply -f ${manifest}`), "deployment.apps/web unchanged\n");
      assert.equal(await cluster.kubectl("get deployment web -o jsonpath={.metadata.resourceVersion}"), before);
    });

    test("scale, watched", async () => {
      const watch = cluster.follow("get pods -l app=web -w");
      await watch.line(/^NAME/);
      assert.equal(await cluster.kubectl("scale deployment/web --replicas=4"), "deployment.apps/web scaled\n");
      await watch.line(/^web-\S+ +0\/1 +Pending/);
      await watch.line(/^web-\S+ +1\/1 +Running +0 +[0-9]s/);
      await watch.stop();
      await cluster.kubectl("rollout status deployment/web --timeout=60s");
      assert.equal(await cluster.kubectl("scale deployment/web --replicas=3"), "deployment.apps/web scaled\n");
    });

    test("set image rolls out a new ReplicaSet", async () => {
      assert.equal(await cluster.kubectl("set image deployment/web httpd=dhow.local/busybox:2"), "deployment.apps/web image updated\n");
      assert.match(await cluster.kubectl("rollout status deployment/web --timeout=90s"), /successfully rolled out\n$/);
      const images = await cluster.kubectl("get deployment web -o jsonpath={.spec.template.spec.containers[0].image}");
      assert.equal(images, "dhow.local/busybox:2");
      assert.match(await cluster.kubectl("get rs -l app=web"), /( 3 +3 +3 .*\n.* 0 +0 +0 )|( 0 +0 +0 .*\n.* 3 +3 +3 )/);
      assert.match(await cluster.kubectl("rollout history deployment/web"), /REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>\n/);
    });

    test("a deleted pod is replaced", async () => {
      const [pod] = await podRows();
      assert.match(await cluster.kubectl(`delete pod ${pod!.name}`), new RegExp(`^pod "${pod!.name}" deleted`));
      await cluster.kubectl("rollout status deployment/web --timeout=60s");
      const names = (await podRows()).map((row) => row.name);
      assert.ok(!names.includes(pod!.name));
      assert.equal(names.length, 3);
    });

    test("delete -f takes pods and ReplicaSets along", async () => {
      assert.match(await cluster.kubectl(`delete -f ${manifest}`), /^deployment\.apps "web" deleted/);
      await cluster.tryKubectl(["wait", "--for=delete", "pod", "-l", "app=web", "--timeout=60s"]);
      const { stdout, stderr } = await cluster.tryKubectl(["get", "deploy,rs,pods", "-l", "app=web"]);
      assert.equal(stdout + stderr, "No resources found in default namespace.\n");
    });

    test("namespaces come with a service account and a root certificate, and go with their content", async () => {
      assert.equal(await cluster.kubectl("create ns lab"), "namespace/lab created\n");
      await cluster.kubectl("-n lab create configmap settings --from-literal=a=1");
      await cluster
        .kubectl("wait --for=jsonpath={.metadata.name}=kube-root-ca.crt -n lab configmap/kube-root-ca.crt --timeout=10s")
        .catch(() => undefined);
      assert.match(
        await cluster.kubectl("-n lab get serviceaccounts,configmaps -o name"),
        /serviceaccount\/default\nconfigmap\/kube-root-ca.crt\nconfigmap\/settings\n/,
      );
      assert.match(await cluster.kubectl("delete ns lab"), /^namespace "lab" deleted/);
      const { stderr } = await cluster.tryKubectl(["get", "ns", "lab"]);
      assert.equal(stderr, 'Error from server (NotFound): namespaces "lab" not found\n');
    });

    test("auth can-i asks the server", async () => {
      assert.equal(await cluster.kubectl("auth can-i create deployments"), "yes\n");
      const { code, stdout } = await cluster.tryKubectl([
        "auth",
        "can-i",
        "delete",
        "nodes",
        "--as",
        "system:serviceaccount:default:default",
      ]);
      assert.deepEqual([code, stdout.split("\n")[0]], [1, "no"]);
    });
  });
}
