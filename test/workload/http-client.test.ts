import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { FN, NIL, UNKNOWN } from '../../runner/record/history-codes.ts'
import { HttpClient } from '../../runner/workload/apps/http-client.ts'
import { judgeDone, type Operation } from '../../runner/workload/client/operation.ts'
import { Values } from '../../runner/workload/drive/values.ts'

const WITHIN_MS = 10_000
const KEY = 'load:shop:{x y}:7'

const values = new Values(0, { value: () => UNKNOWN })
const common = { key: 0, b: UNKNOWN, slot: 0, replica: false, work: 1 }
const put: Operation = { ...common, fn: FN.write, a: 5, commands: [['SET', KEY, '5']], judge: judgeDone }
const get: Operation = {
  ...common,
  ...{ fn: FN.read, a: UNKNOWN, commands: [['GET', KEY]], judge: ([reply]) => values.read(reply) },
}

/** An application on a port of its own, and a client for it. */
async function applicationThat(
  t: Test,
  answers: (request: IncomingMessage, response: ServerResponse, body: string) => void,
  timeoutMs = WITHIN_MS,
) {
  const server = createServer((request, response) => {
    void text(request).then((body) => answers(request, response, body))
  })
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
  const { port } = server.address() as AddressInfo
  const client = new HttpClient({
    ...{ port, put: '/put/KEY?as=KEY', get: '/items/KEY', clients: 4, timeoutMs },
    now: () => performance.now(),
  })
  t.teardown(() => {
    client.close()
    server.closeAllConnections()
    server.close()
  })
  return { client, server }
}

/** How an operation ends: `ok 5`, `failed HTTP 400`, `indeterminate timeout`. */
function outcomeOf(client: HttpClient, operation: Operation): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no outcome within ${WITHIN_MS / 1000} s`)), WITHIN_MS)
    const end = (outcome: string) => {
      clearTimeout(late)
      resolve(outcome)
    }
    client.send(operation, 0, {
      attempted: () => reject(new Error('nothing is tried twice')),
      ok: (r) => end(`ok ${r === UNKNOWN ? '' : r}`.trim()),
      failed: (failure, indeterminate) => end(`${indeterminate ? 'indeterminate' : 'failed'} ${failure}`),
    })
  })
}

t.test('a SET is a PUT with the value as its body, and a GET is a GET', async (t) => {
  const seen: string[] = []
  const { client } = await applicationThat(t, ({ method, url }, response, body) => {
    seen.push(`${method} ${url} ${body}`.trim())
    response.end(method === 'PUT' ? 'thank you' : '5')
  })
  t.equal(await outcomeOf(client, put), 'ok')
  t.equal(await outcomeOf(client, get), 'ok 5')
  const path = 'load:shop:%7Bx%20y%7D:7'
  t.strictSame(seen, [`PUT /put/${path}?as=${path} 5`, `GET /items/${path}`])
})

t.test('what a status says of a request', async (t) => {
  const said: [status: number, ofPut: string, ofGet: string][] = [
    [204, 'ok', `ok ${UNKNOWN}`.replace(` ${UNKNOWN}`, '')],
    [404, 'failed HTTP 404', `ok ${NIL}`],
    [400, 'failed HTTP 400', 'failed HTTP 400'],
    [418, 'failed HTTP 4xx', 'failed HTTP 4xx'],
    [429, 'failed HTTP 429', 'failed HTTP 429'],
    [302, 'indeterminate HTTP 3xx', 'failed HTTP 3xx'],
    [500, 'indeterminate HTTP 500', 'failed HTTP 500'],
    [503, 'indeterminate HTTP 503', 'failed HTTP 503'],
    [599, 'indeterminate HTTP 5xx', 'failed HTTP 5xx'],
  ]
  for (const [status, ofPut, ofGet] of said) {
    const { client } = await applicationThat(t, (_, response) => response.writeHead(status).end())
    t.equal(await outcomeOf(client, put), ofPut, `PUT ${status}`)
    t.equal(await outcomeOf(client, get), ofGet, `GET ${status}`)
  }
})

t.test('a connection that is lost, and an answer that does not come or breaks off', async (t) => {
  const lost = await applicationThat(t, (request) => request.socket.destroy())
  t.equal(await outcomeOf(lost.client, put), 'indeterminate closed')
  t.equal(await outcomeOf(lost.client, get), 'failed closed')
  const half = await applicationThat(t, (request, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('5')
    setImmediate(() => request.socket.destroy())
  })
  t.equal(await outcomeOf(half.client, put), 'indeterminate closed')
  const silent = await applicationThat(t, () => undefined, 50)
  t.equal(await outcomeOf(silent.client, put), 'indeterminate timeout')
  t.equal(await outcomeOf(silent.client, get), 'failed timeout')
})

t.test('nothing is sent where nobody listens', async (t) => {
  const { client, server } = await applicationThat(t, (_, response) => response.end())
  await new Promise((resolve) => server.close(resolve))
  t.equal(await outcomeOf(client, put), 'failed refused')
})
