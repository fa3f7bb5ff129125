import { createConnection, Socket } from 'node:net'
import { AbstractConnector } from 'ioredis'
import { z } from 'zod'
import { isStranger, isSure, type Listener, listenerAt, type PortGuard, PortHeld, portHeldBy } from './port-guard.ts'

/** What a connection is held against before anything is said on it. */
export interface Guard extends PortGuard {
  /** Told each time somebody else is met on the port, in words. */
  onStranger?: ((text: string) => void) | undefined
}

/** Of the options of a client of ioredis, those that its way to the server goes by. */
const clientOptions = z.object({
  host: z.string(),
  port: z.number(),
  connectTimeout: z.number().nullish(),
  disconnectTimeout: z.number(),
})

/**
 * The `Connector` of a client of ioredis that says nothing, its password least of all, before it is known who listens on
 * the port: a server that is down leaves its port to whoever wants it. `guardOf` gives undefined for a port at which
 * nobody of this run is.
 */
export function guardedConnector(guardOf: (port: number) => Guard | undefined) {
  return class extends AbstractConnector {
    readonly #options: z.infer<typeof clientOptions>
    /** Being opened: not in the hands of ioredis yet. */
    #opening: Socket | undefined

    constructor(options: unknown) {
      const own = clientOptions.parse(options)
      super(own.disconnectTimeout)
      // Servers listen on 127.0.0.1 alone; the ::1 that the name may mean too is anybody's.
      this.#options = { ...own, host: own.host === 'localhost' ? '127.0.0.1' : own.host }
    }

    /** A connection that failed is given all the same, ended: that is how ioredis wants to be told. */
    override async connect(): Promise<Socket> {
      this.connecting = true
      delete this.firstError
      this.stream = await this.#open()
      this.#opening = undefined
      return this.stream
    }

    override disconnect(): void {
      if (this.#opening === undefined) super.disconnect()
      else this.#opening.destroy()
    }

    async #open(): Promise<Socket> {
      const { host, port } = this.#options
      const guard = guardOf(port)
      if (guard === undefined) return this.#refused(new PortHeld(`${host}:${port} is no server of this run`))
      const before = listenerAt(host, port)
      if (isStranger(before, guard.users)) return await this.#strange(guard, before)
      const stream = this.#stream()
      await this.#connected(stream)
      if (stream.destroyed) return stream
      const after = listenerAt(host, port, { mapped: true })
      if (isStranger(after, guard.users)) {
        stream.destroy()
        return await this.#strange(guard, after)
      }
      if (isSure(guard, before, after)) return stream
      stream.destroy()
      this.firstError = new PortHeld(`port ${port} changed hands while the connection was made`)
      return stream
    }

    #stream(): Socket {
      const { host, port } = this.#options
      const stream = createConnection({ host, port })
      this.#opening = stream
      stream.on('error', (error) => {
        this.firstError ??= error
      })
      return stream
    }

    /** Resolves when it is open, or has failed. */
    async #connected(stream: Socket): Promise<void> {
      const { connectTimeout } = this.#options
      if (connectTimeout) {
        const late = Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' })
        stream.setTimeout(connectTimeout, () => stream.destroy(late))
      }
      await new Promise<void>((resolve) => {
        stream.once('connect', resolve)
        stream.once('close', () => resolve())
      })
      stream.setTimeout(0)
    }

    async #strange({ onStranger }: Guard, listener: Listener): Promise<Socket> {
      const held = await portHeldBy(this.#options.port, listener)
      onStranger?.(held.message)
      return this.#refused(held)
    }

    #refused(error: Error): Socket {
      this.firstError = error
      return new Socket().destroy()
    }
  }
}
