// What `kubectl explain` tells about who may do what, and who is who.
// Invariant: keys are short type names and field names of the table; a test checks them, and that none of these types has a field without words.
// Called by: index.ts.   Next on the way: ../schema.ts.

import { condition, type Descriptions } from "./form.ts";

const binding = {
  subjects: "Who gets it.",
  roleRef: "What they get. Cannot change.",
} as const;
const rules = "What it allows. Nothing takes anything away.";
const attributes = {
  resourceAttributes: "The question, about an object.",
  nonResourceAttributes: "The question, about a path that is no object's.",
} as const;
const review = (what: string) => ({ "": what, spec: "The question.", status: "The answer." });
const user = { groups: "The groups.", extra: "What else is known of the user.", uid: "The user's number." } as const;
const rule = {
  verbs: "get, list, watch, create, update, patch, delete, deletecollection, or * for all.",
  apiGroups: "Groups of the resources; the empty name is the core group, * all.",
  resources: "Resources, also with a subresource as in pods/log; * for all.",
  resourceNames: "Only objects with these names. Any if left out.",
} as const;
const selector = (what: string) => ({
  "": `A choice by ${what}, as the request has it.`,
  rawSelector: "As text.",
  requirements: "As single requirements.",
});

export const access: Descriptions = {
  "rbac.v1.Role": { "": "Rights in one namespace, under a name.", rules },
  "rbac.v1.ClusterRole": {
    "": "Rights everywhere, or in whatever namespace a RoleBinding gives them, under a name.",
    rules,
    aggregationRule: "Gathers its rules from other ClusterRoles.",
  },
  "rbac.v1.AggregationRule": {
    "": "Whose rules are gathered.",
    clusterRoleSelectors: "ClusterRoles by their labels; one selector is enough.",
  },
  "rbac.v1.PolicyRule": {
    "": "Verbs that are allowed on resources.",
    ...rule,
    nonResourceURLs: "Paths that are no object's, as /healthz; * at the end means all below.",
  },
  "rbac.v1.RoleBinding": { "": "Gives rights in one namespace.", ...binding },
  "rbac.v1.ClusterRoleBinding": { "": "Gives rights everywhere.", ...binding },
  "rbac.v1.Subject": {
    "": "Somebody who gets rights.",
    kind: "User, Group or ServiceAccount.",
    apiGroup: "rbac.authorization.k8s.io for users and groups, empty for service accounts.",
    name: "The name.",
    namespace: "The namespace of a service account.",
  },
  "rbac.v1.RoleRef": {
    "": "The rights that are given.",
    apiGroup: "rbac.authorization.k8s.io.",
    kind: "Role or ClusterRole.",
    name: "The name.",
  },
  "authentication.v1.TokenRequest": {
    "": "Asks for a token of a service account.",
    spec: "For whom, and for how long.",
    status: "The token.",
  },
  "authentication.v1.TokenRequestSpec": {
    "": "For whom a token is made, and for how long.",
    audiences: "Who should believe it. The API server if left out.",
    expirationSeconds: "How long it is good. An hour if left out; ten minutes at least.",
    boundObjectRef: "The token ends with this object: a pod, a secret, a node.",
  },
  "authentication.v1.BoundObjectReference": {
    "": "The object that a token ends with.",
    kind: "Its kind.",
    apiVersion: "Its group and version.",
    name: "Its name.",
    uid: "Its uid.",
  },
  "authentication.v1.TokenRequestStatus": { "": "A token.", token: "The token.", expirationTimestamp: "Until when it is good." },
  "authentication.v1.TokenReview": review("Asks whose a token is."),
  "authentication.v1.TokenReviewSpec": { "": "A token.", token: "The token.", audiences: "Whom it should be made for." },
  "authentication.v1.TokenReviewStatus": {
    "": "Whose a token is.",
    authenticated: "Whether it is good.",
    user: "Whose it is.",
    audiences: "For which of the audiences asked about it was made.",
    error: "Why it could not be checked.",
  },
  "authentication.v1.UserInfo": { "": "Who somebody is.", username: "The name.", ...user },
  "authentication.v1.SelfSubjectReview": { "": "Asks who one is oneself (kubectl auth whoami).", status: "The answer." },
  "authentication.v1.SelfSubjectReviewStatus": { "": "Who one is.", userInfo: "Name, groups, and so on." },
  "authorization.v1.SubjectAccessReview": review("Asks whether somebody may do something."),
  "authorization.v1.LocalSubjectAccessReview": review("Asks whether somebody may do something in one namespace."),
  "authorization.v1.SelfSubjectAccessReview": review("Asks whether one may do something oneself (kubectl auth can-i)."),
  "authorization.v1.SelfSubjectRulesReview": review("Asks for all one may do in a namespace (kubectl auth can-i --list)."),
  "authorization.v1.SubjectAccessReviewSpec": { "": "Who, and what.", ...attributes, user: "The user.", ...user },
  "authorization.v1.SelfSubjectAccessReviewSpec": { "": "What.", ...attributes },
  "authorization.v1.SelfSubjectRulesReviewSpec": { "": "Where.", namespace: "The namespace." },
  "authorization.v1.ResourceAttributes": {
    "": "Something that is done to an object.",
    namespace: "The namespace. Empty: all of them, or none.",
    verb: "What is done.",
    group: "The resource's group; * for all.",
    version: "The resource's version; * for all.",
    resource: "The resource; * for all.",
    subresource: "The subresource, if one is meant.",
    name: "The object. Any if left out.",
    fieldSelector: "The field selector of a list or watch.",
    labelSelector: "The label selector of a list or watch.",
  },
  "authorization.v1.FieldSelectorAttributes": selector("fields"),
  "authorization.v1.LabelSelectorAttributes": selector("labels"),
  "authorization.v1.NonResourceAttributes": { "": "Something that is done to a path.", path: "The path.", verb: "What is done." },
  "authorization.v1.SubjectAccessReviewStatus": {
    "": "Whether it is allowed.",
    allowed: "Whether it is.",
    denied: "Whether it is forbidden outright, whatever others say.",
    reason: "Why.",
    evaluationError: "What went wrong while finding out. The answer may be right all the same.",
  },
  "authorization.v1.SubjectRulesReviewStatus": {
    "": "What is allowed.",
    resourceRules: "On objects.",
    nonResourceRules: "On paths.",
    incomplete: "Whether there may be more.",
    evaluationError: "What went wrong while finding out.",
  },
  "authorization.v1.ResourceRule": { "": "Verbs that are allowed on resources.", ...rule },
  "authorization.v1.NonResourceRule": { "": "Verbs that are allowed on paths.", verbs: rule.verbs, nonResourceURLs: "The paths." },
  "certificates.v1.CertificateSigningRequest": {
    "": "Asks for a certificate.",
    spec: "What is asked for, and by whom.",
    status: "What has become of it.",
  },
  "certificates.v1.CertificateSigningRequestSpec": {
    "": "What certificate is asked for, and by whom.",
    request: "The request, as PKCS #10 in PEM, in base64.",
    signerName: "Who should sign.",
    expirationSeconds: "How long the certificate should be good. The signer may decide otherwise.",
    usages: "What it is for: digital signature, client auth, server auth and so on.",
    username: "Who asked. Filled in.",
    uid: "The number of who asked. Filled in.",
    groups: "The groups of who asked. Filled in.",
    extra: "What else is known of who asked. Filled in.",
  },
  "certificates.v1.CertificateSigningRequestStatus": {
    "": "What has become of a request.",
    conditions: "Approved, Denied or Failed.",
    certificate: "The certificate, in PEM, in base64.",
  },
  "certificates.v1.CertificateSigningRequestCondition": {
    ...condition,
    type: "Approved, Denied or Failed.",
    lastUpdateTime: "When this was last written.",
  },
};
