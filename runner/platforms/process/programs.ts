import { nodeName, type Progress, type ServerGroupSpec, serverCount } from '../platform.ts'
import { chooseProgram, type ServerProgram } from './server-program.ts'

/** The programs of the servers that a platform runs: each is looked for when it is first needed. */
export class Programs {
  readonly #projectRoot: string
  readonly #known = new Map<string, ServerProgram>()

  constructor(projectRoot: string) {
    this.#projectRoot = projectRoot
  }

  /** Looks for it, known or not; throws as `chooseProgram` does. */
  async prepare(server: string, progress: Progress, signal?: AbortSignal): Promise<ServerProgram> {
    const program = await chooseProgram(this.#projectRoot, server, progress, signal)
    this.#known.set(server, program)
    return program
  }

  /** As it is known; else as `prepare`. */
  async get(server: string, progress: Progress, signal?: AbortSignal): Promise<ServerProgram> {
    return this.#known.get(server) ?? (await this.prepare(server, progress, signal))
  }

  /** Those of a group's servers, in their order; `server` is that of nodes which have none of their own. */
  async ofNodes(
    spec: ServerGroupSpec,
    server: string,
    progress: Progress,
    signal?: AbortSignal,
  ): Promise<ServerProgram[]> {
    const programs: ServerProgram[] = []
    for (let index = 0; index < serverCount(spec); index += 1) {
      programs.push(await this.get(spec.servers?.[nodeName(index)] ?? server, progress, signal))
    }
    return programs
  }
}
