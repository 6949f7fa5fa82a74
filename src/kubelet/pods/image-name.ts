// Whether an image's name can be one at all, before anybody is asked for it.
// Invariant: pure; the grammar of references that registries share. The words of a refusal are upstream's.
// Called by: images.ts. Next on the way: the runtime, which knows whether the image exists.

const domain =
  "(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?";
const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const reference = new RegExp(
  `^(?:${domain}/)?${component}(?:/${component})*(?::[\\w][\\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
);

/** undefined: it may be a name. */
export function badImageName(image: string): string | undefined {
  if (reference.test(image)) return undefined;
  const lower = reference.test(image.toLowerCase())
    ? "invalid reference format: repository name must be lowercase"
    : "invalid reference format";
  return `Failed to apply default image tag "${image}": couldn't parse image name "${image}": ${lower}`;
}
