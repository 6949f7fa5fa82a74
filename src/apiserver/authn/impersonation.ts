// `kubectl --as`: acting as somebody else, where RBAC allows the verb impersonate.
// Invariant: every part (user, group, uid, extra) is authorized on its own before the other identity exists.
// Called by: authenticator.ts.   Next on the way: authorizer, with the other user.

import { ApiError } from "#api";
import { type HttpHeaders, header } from "#wire";
import type { Attributes, Authorizer, UserInfo } from "../stages.ts";

const extraPrefix = "impersonate-extra-";

function all(headers: HttpHeaders, name: string): readonly string[] {
  const value = headers[name];
  return value === undefined ? [] : typeof value === "string" ? [value] : value;
}

export async function impersonate(requestor: UserInfo, headers: HttpHeaders, authorizer: Authorizer): Promise<UserInfo> {
  const name = header(headers, "impersonate-user") ?? "";
  const uid = header(headers, "impersonate-uid") ?? "";
  const groups = all(headers, "impersonate-group");
  const extra = new Map<string, readonly string[]>();
  for (const key of Object.keys(headers))
    if (key.startsWith(extraPrefix)) extra.set(unescapeKey(key.slice(extraPrefix.length)), all(headers, key));
  if (name === "") {
    if (groups.length === 0 && uid === "" && extra.size === 0) return requestor;
    throw ApiError.badRequest(`requested ${describe(uid, groups, extra)} without impersonating a user name`);
  }

  const check = checker(requestor, authorizer);
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  if (account) await check({ resource: "serviceaccounts", namespace: account[1] ?? "", name: account[2] ?? "" });
  else await check({ resource: "users", name });
  const authentication = { apiGroup: "authentication.k8s.io", apiVersion: "v1" };
  if (uid !== "") await check({ ...authentication, resource: "uids", name: uid });
  for (const group of groups) await check({ resource: "groups", name: group });
  for (const [key, values] of extra)
    for (const value of values) await check({ ...authentication, resource: "userextras", subresource: key, name: value });

  const own = groups.length > 0 || !account ? [...groups] : ["system:serviceaccounts", `system:serviceaccounts:${account[1]}`];
  if (name === "system:anonymous") addGroup(own, "system:unauthenticated");
  else if (!own.includes("system:unauthenticated")) addGroup(own, "system:authenticated");
  return { name, ...(uid === "" ? {} : { uid }), groups: own, ...(extra.size > 0 ? { extra: Object.fromEntries(extra) } : {}) };
}

function checker(user: UserInfo, authorizer: Authorizer) {
  return async (part: Partial<Attributes>): Promise<void> => {
    const a: Attributes = {
      user,
      verb: "impersonate",
      isResourceRequest: true,
      apiGroup: "",
      apiVersion: "v1",
      resource: "",
      subresource: "",
      namespace: "",
      name: "",
      path: "",
      ...part,
    };
    const { allowed, reason } = await authorizer.authorize(a);
    if (allowed) return;
    const resource = a.subresource === "" ? a.resource : `${a.resource}/${a.subresource}`;
    const where = a.namespace === "" ? "at the cluster scope" : `in the namespace ${JSON.stringify(a.namespace)}`;
    const text = `User ${JSON.stringify(user.name)} cannot impersonate resource ${JSON.stringify(resource)} in API group ${JSON.stringify(a.apiGroup)} ${where}`;
    throw ApiError.forbidden({ group: a.apiGroup, resource: a.resource }, a.name, reason === "" ? text : `${text}: ${reason}`);
  };
}

function addGroup(groups: string[], group: string): void {
  if (!groups.includes(group)) groups.push(group);
}

function unescapeKey(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function describe(uid: string, groups: readonly string[], extra: ReadonlyMap<string, readonly string[]>): string {
  const list = (values: readonly string[]): string => `[]string{${values.map((value) => JSON.stringify(value)).join(", ")}}`;
  const groupText = groups.length === 0 ? "[]string(nil)" : list(groups);
  const pairs = [...extra].map(([key, values]) => `${JSON.stringify(key)}:${list(values)}`);
  const extraText = pairs.length === 0 ? "map[string][]string(nil)" : `map[string][]string{${pairs.join(", ")}}`;
  return `&user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:${groupText}, Extra:${extraText}}`;
}
