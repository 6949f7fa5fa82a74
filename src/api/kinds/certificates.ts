// CertificateSigningRequests: somebody asks a signer for a certificate, somebody else says yes or no.
// Invariant: what is asked for never changes; a condition that was set stays, and a request is approved or denied, never both.
// Called by: kinds/index.ts. Next on the way: apiserver/admission/certificates.ts, which writes down who asks.

import { X509Certificate } from "node:crypto";
import type { ApiObject } from "../machinery/object.ts";
import type { CertificateSigningRequest } from "../machinery/types.gen.ts";
import { age, humanDuration } from "../meta/duration.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { ageColumn, column, nameColumn } from "./columns.ts";
import { as, keep, sameOnWire } from "./common.ts";
import type { KindRules } from "./rules.ts";

const usages = new Set(
  "any,cert sign,client auth,code signing,content commitment,crl sign,data encipherment,decipher only,digital signature,email protection,encipher only,ipsec end system,ipsec tunnel,ipsec user,key agreement,key encipherment,microsoft sgc,netscape sgc,ocsp signing,s/mime,server auth,signing,timestamping".split(
    ",",
  ),
);

function requestProblem(request: string | undefined): string | undefined {
  const text = Buffer.from(request ?? "", "base64").toString("latin1");
  return /-----BEGIN CERTIFICATE REQUEST-----[\s\S]+-----END CERTIFICATE REQUEST-----/.test(text)
    ? undefined
    : "PEM block type must be CERTIFICATE REQUEST";
}

function validate(object: ApiObject): FieldError[] {
  const { spec } = as<CertificateSigningRequest>(object);
  const errors: FieldError[] = [];
  const problem = requestProblem(spec?.request);
  if (problem !== undefined) errors.push(fieldError.invalid("spec.request", spec?.request ?? "", problem));
  if (!spec?.usages?.length) errors.push(fieldError.required("spec.usages"));
  const seen = new Set<string>();
  (spec?.usages ?? []).forEach((usage, i) => {
    if (!usages.has(usage)) errors.push(fieldError.notSupported(`spec.usages[${i}]`, usage, [...usages].sort()));
    if (seen.has(usage)) errors.push(fieldError.duplicate(`spec.usages[${i}]`, usage));
    seen.add(usage);
  });
  const signer = spec?.signerName ?? "";
  if (signer === "") errors.push(fieldError.required("spec.signerName"));
  else if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/.+$/.test(signer)) {
    errors.push(
      fieldError.invalid("spec.signerName", signer, "must be a fully qualified domain and path of the form 'example.com/signer-name'"),
    );
  }
  if (spec?.expirationSeconds !== undefined && spec.expirationSeconds < 600) {
    errors.push(
      fieldError.invalid("spec.expirationSeconds", spec.expirationSeconds, "may not specify a duration less than 600 seconds (10 minutes)"),
    );
  }
  return errors;
}

function conditionText({ status }: CertificateSigningRequest): string {
  const types = new Set((status?.conditions ?? []).map(({ type }) => type));
  let text = types.has("Denied") ? "Denied" : types.has("Approved") ? "Approved" : "Pending";
  if (types.has("Failed")) text += ",Failed";
  if ((status?.certificate ?? "") !== "") text += ",Issued";
  return text;
}

/** Whether `pem` (base64) holds a certificate at all: signers write nothing else. */
function certificateErrors(pem: string | undefined): FieldError[] {
  if (!pem) return [];
  try {
    new X509Certificate(Buffer.from(pem, "base64"));
    return [];
  } catch {
    return [fieldError.invalid("status.certificate", "<certificate data>", "must contain one or more CERTIFICATE PEM blocks")];
  }
}

export const certificateSigningRequest: KindRules = {
  group: "certificates.k8s.io",
  version: "v1",
  kind: "CertificateSigningRequest",
  nameRule: "dns1123-subdomain",
  setDefaults: (object) => {
    for (const condition of as<CertificateSigningRequest>(object).status?.conditions ?? []) condition.status ||= "True";
  },
  prepareForCreate: (object) => {
    object["status"] = {};
  },
  prepareForUpdate: (object, old) => {
    keep(object, old, "spec");
    keep(object, old, "status");
  },
  prepareForStatusUpdate: (object, old) => keep(object, old, "spec"),
  validate,
  validateUpdate: (object, old) => {
    const [now, then] = [as<CertificateSigningRequest>(object).spec, as<CertificateSigningRequest>(old).spec];
    const same = sameOnWire(now, then, "io.k8s.api.certificates.v1.CertificateSigningRequestSpec");
    return same ? [] : [fieldError.invalid("spec", now ?? null, "field is immutable")];
  },
  validateStatusUpdate: (object) => certificateErrors(as<CertificateSigningRequest>(object).status?.certificate),
  selectableFieldNames: ["spec.signerName"],
  selectableFields: (object) => ({ "spec.signerName": as<CertificateSigningRequest>(object).spec?.signerName ?? "" }),
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    ageColumn,
    column("SignerName", "Who is asked to sign."),
    column("Requestor", "Who asks."),
    column("RequestedDuration", "For how long."),
    column("Condition", "How it stands."),
  ],
  row: (object, nowMs) => {
    const view = as<CertificateSigningRequest>(object);
    const seconds = view.spec?.expirationSeconds;
    const cells = [
      object.metadata.name ?? "",
      age(object.metadata.creationTimestamp, nowMs),
      view.spec?.signerName || "<none>",
      view.spec?.username ?? "",
      seconds === undefined ? "<none>" : humanDuration(seconds * 1000),
      conditionText(view),
    ];
    return { cells };
  },
};
