import { nodeName, type Progress, type ServerGroupSpec, serverCount } from '../../platform.ts'
import type { Engine } from '../engine.ts'
import { type NodeImage, prepareImage } from './node-image.ts'

/** The images of the servers that a platform runs: each is made ready when it is first needed. */
export class Images {
  readonly #engine: Engine
  readonly #projectRoot: string
  readonly #known = new Map<string, NodeImage>()

  constructor(engine: Engine, projectRoot: string) {
    this.#engine = engine
    this.#projectRoot = projectRoot
  }

  /** As far as it is known. */
  known(server: string): NodeImage | undefined {
    return this.#known.get(server)
  }

  /** Makes it ready, known or not; throws as `prepareImage` does. */
  async prepare(server: string, progress: Progress, signal?: AbortSignal): Promise<NodeImage> {
    const image = await prepareImage(this.#engine, this.#projectRoot, server, progress, signal)
    this.#known.set(server, image)
    return image
  }

  /** As it is known; else as `prepare`. */
  async get(server: string, progress: Progress, signal?: AbortSignal): Promise<NodeImage> {
    return this.#known.get(server) ?? (await this.prepare(server, progress, signal))
  }

  /** Those of a group's servers, in their order; `server` is that of nodes which have none of their own. */
  async ofNodes(spec: ServerGroupSpec, server: string, progress: Progress, signal?: AbortSignal): Promise<NodeImage[]> {
    const images: NodeImage[] = []
    for (let index = 0; index < serverCount(spec); index += 1) {
      images.push(await this.get(spec.servers?.[nodeName(index)] ?? server, progress, signal))
    }
    return images
  }
}
