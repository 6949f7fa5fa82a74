// Leads 10.96.0.1:443 to port 6443 of the machine's loopback interface, by the function that does it for a real node.
// Invariant: the bridge is the lab's; nothing outside its network namespace is touched.
// Called by: lab.md beside it. Next on the way: src/network/api/route.ts.

import { routeApi } from "#network";

await routeApi({ network: "pods", clusterIp: "10.96.0.1", clusterPort: 443, port: 6443 });
