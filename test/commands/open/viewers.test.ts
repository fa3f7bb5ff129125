import { EventEmitter } from 'node:events'
import t from 'tap'
import { type Connection, Viewers } from '../../../runner/commands/open/viewers.ts'

/** A connection over which so much is still to go as a test says. */
class FakeConnection extends EventEmitter implements Connection {
  readonly written: string[] = []
  writableLength = 0
  isDestroyed = false

  write(text: string): void {
    this.written.push(text)
  }

  end(text: string): void {
    this.written.push(text)
    this.emit('close')
  }

  destroy(): void {
    this.isDestroyed = true
    this.emit('close')
  }
}

t.test('what is sent is made once; who is slow gets the latest state, and nothing of what lay between', async (t) => {
  const viewers = new Viewers()
  t.teardown(() => viewers.close())
  const [quick, slow] = [new FakeConnection(), new FakeConnection()]
  for (const one of [quick, slow]) viewers.add(one, '"first"')
  let made = 0
  const whole = () => {
    made += 1
    return '"whole"'
  }
  slow.writableLength = 10_000_000
  viewers.send('"one"', whole, 0)
  viewers.send('"two"', whole, 1000)
  slow.writableLength = 0
  viewers.send('"three"', whole, 2000)
  viewers.send('"four"', whole, 3000)
  t.equal(made, 1)
  const told = (one: FakeConnection) => one.written.join('').match(/data: .*/g)
  t.same(told(quick), ['data: "first"', 'data: "one"', 'data: "two"', 'data: "three"', 'data: "four"'])
  t.same(told(slow), ['data: "first"', 'data: "whole"', 'data: "four"'])
})

t.test('who takes nothing for a minute is dropped, and who leaves is forgotten', async (t) => {
  const viewers = new Viewers()
  t.teardown(() => viewers.close())
  const [stuck, leaving] = [new FakeConnection(), new FakeConnection()]
  for (const one of [stuck, leaving]) viewers.add(one, '"first"')
  stuck.writableLength = 10_000_000
  viewers.send('"one"', () => '', 0)
  viewers.send('"two"', () => '', 59_000)
  t.equal(stuck.isDestroyed, false)
  viewers.send('"three"', () => '', 61_000)
  t.equal(stuck.isDestroyed, true)
  t.equal(viewers.count, 1)
  leaving.emit('close')
  t.equal(viewers.count, 0)
})

t.test('when the run is over, all are told so', async (t) => {
  const viewers = new Viewers()
  t.teardown(() => viewers.close())
  const one = new FakeConnection()
  viewers.add(one, '"first"')
  viewers.dismiss()
  t.match(one.written.at(-1), 'event: over')
  t.equal(viewers.count, 0)
})
