// The service account controller: every active namespace has a ServiceAccount `default`, without which no Pod is admitted.
// Invariant: it only creates what is missing; what the user made of the account is the user's.
// Called by: index.ts, the list. Next on the way: rootca.ts, the other thing every namespace has.

import type { Namespace, ServiceAccount } from "#api";
import { keyOf, type Live } from "#client";
import { defineController } from "./framework/define.ts";
import { isAlreadyExists, isNamespaceTerminating, nothing } from "./framework/plan.ts";

const name = "default";

interface Seen {
  readonly saw: readonly Live<Namespace>[];
  readonly namespace: Live<Namespace>;
  readonly account: Live<ServiceAccount> | undefined;
}

export const serviceAccount = defineController<Seen>({
  name: "serviceaccount-controller",
  account: "service-account-controller",
  watches: [
    { resource: "namespaces", keys: (namespace) => [keyOf(namespace)] },
    { resource: "serviceaccounts", keys: (account) => (account.metadata.name === name ? [account.metadata.namespace ?? ""] : []) },
  ],
  observe(key, world) {
    const namespace = world.lister<Namespace>("namespaces").get(key);
    return namespace && { saw: [namespace], namespace, account: world.lister<ServiceAccount>("serviceaccounts").get(`${key}/${name}`) };
  },
  plan({ namespace, account }) {
    if (namespace.metadata.deletionTimestamp !== undefined || namespace.status?.phase === "Terminating")
      return nothing("the namespace is going away");
    if (account) return nothing("the default account is there");
    const object = { metadata: { namespace: namespace.metadata.name, name } };
    const tolerates = (error: Parameters<typeof isAlreadyExists>[0]): boolean => isAlreadyExists(error) || isNamespaceTerminating(error);
    return {
      actions: [{ verb: "create", resource: "serviceaccounts", object, tolerates }],
      decision: "the namespace has no default account",
    };
  },
});
