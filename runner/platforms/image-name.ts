/** What names an image: `my/app`, `registry.local:5000/my/app:1.2`, `my/app@sha256:…`. */
export const IMAGE_NAME = /^[a-zA-Z0-9][\w.\-/:@]*$/

/** With its tag: without one an engine would pull every tag that there is. */
export function withTag(image: string): string {
  return /[:@][^/]*$/.test(image) ? image : `${image}:latest`
}
