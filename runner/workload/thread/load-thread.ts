import { parentPort } from 'node:worker_threads'
import type { FromThread, LoadRequest, Method, Methods, Question } from './request.ts'
import { Session } from './session.ts'

/** The thread that drives the load, so that nothing else that the runner does disturbs what is measured. */
function serve(port: NonNullable<typeof parentPort>): void {
  let session: Session | undefined
  const tell = (message: FromThread) => port.postMessage(message)
  const open = (request: LoadRequest) => {
    session = new Session(request, {
      onSeries: (workload, series) => tell({ type: 'series', workload, series }),
      onStall: (stall) => tell({ type: 'stall', stall }),
      onStranger: (node, text) => tell({ type: 'stranger', node, text }),
      onDriver: (workload, seen) => tell({ type: 'driver', workload, seen }),
    })
    return session.open()
  }
  const methods: Record<Method, (arg: never) => unknown> = {
    open,
    begin: () => session?.begin(),
    phase: (name: string) => session?.phase(name),
    outForMs: ({ waitedMs }: { waitedMs: number }) => session?.outForMs(waitedMs) ?? {},
    rest: () => session?.rest() ?? {},
    stop: () => session?.stop(),
    readFinals: ({ withinMs, except }: Methods['readFinals']['arg']) => session?.readFinals(withinMs, except) ?? {},
    close: () => session?.close() ?? [],
  }
  const answer = async ({ id, method, arg }: Question): Promise<void> => {
    try {
      tell({ type: 'answer', id, result: await methods[method](arg as never) })
    } catch (error) {
      tell({ type: 'broke', id, error })
    }
  }
  port.on('message', (question: Question) => void answer(question))
}

if (parentPort) serve(parentPort)
