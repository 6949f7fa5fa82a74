// runAsNonRoot: a container that must not be root is not started as root, whatever its image says.
// Invariant: pure; who the container would run as comes from the pod first, then from the image. Texts are upstream's.
// Called by: pods/actions.ts before a container is made. Next on the way: config.ts.

import type { Container, Pod } from "#api";
import type { Image } from "#cri";

/** Throws when the container would run as root, or nobody can tell. */
export function verifyNonRoot(pod: Pod, container: Container, image: Pick<Image, "uid" | "username"> | undefined): void {
  const own = container.securityContext ?? {};
  const whole = pod.spec?.securityContext ?? {};
  if ((own.runAsNonRoot ?? whole.runAsNonRoot) !== true) return;
  const { name = "", namespace = "", uid = "" } = pod.metadata;
  const about = `(pod: "${name}_${namespace}(${uid})", container: ${container.name})`;
  const user = own.runAsUser ?? whole.runAsUser;
  if (user !== undefined) {
    if (user === 0) throw new Error(`container's runAsUser breaks non-root policy ${about}`);
    return;
  }
  // Runtimes say nothing, not zero, for an image without a user.
  if (image?.username) {
    throw new Error(
      `container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${about}`,
    );
  }
  if (!image?.uid || Number(image.uid.value) === 0) throw new Error(`container has runAsNonRoot and image will run as root ${about}`);
}
