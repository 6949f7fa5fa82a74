// The door of image/: making and loading OCI images.
// Invariant: no registry is ever asked here; images come from files or from this folder's own bytes.

export { type ImageDescription, imageArchive, pauseArchive, pauseReference } from "./archive.ts";
export type { Architecture } from "#linux";
export { type LoadOptions, loadImage, namelessImage, renameImage } from "./load.ts";
export { pauseProgram } from "./pause.ts";
export { type TarEntry, tar } from "./tar.ts";
