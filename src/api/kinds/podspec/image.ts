// The tag of an image name, as far as defaults need it: `latest` is pulled always.
// Invariant: a name that is no image reference has no tag; a digest without a tag has none either.
// Called by: podspec/defaults.ts. Next on the way: validation, which says what is wrong with a name.

const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const host = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const domain = `(?:${host}(?:\\.${host})*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?`;
const reference = new RegExp(
  `^(?:${domain}/)?${component}(?:/${component})*(?::([\\w][\\w.-]{0,127}))?(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
);

/** "" for names that are no references, and for digests without a tag. */
export function imageTag(image: string): string {
  const found = reference.exec(image);
  // 64 hexadecimal digits are an image id, not a name.
  if (!found || /^[a-f0-9]{64}$/.test(image)) return "";
  return found[1] ?? (found[2] ? "" : "latest");
}

export function defaultPullPolicy(image: string | undefined): "Always" | "IfNotPresent" {
  return imageTag(image ?? "") === "latest" ? "Always" : "IfNotPresent";
}
