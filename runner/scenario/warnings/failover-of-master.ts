import { phrasesOf } from './situation.ts'
import type { Warning } from './warning.ts'

export const failoverOfMaster: Warning = {
  name: 'failover-of-master',
  summary: 'A `failover` to a node that is a master already',
  *find({ moments }) {
    for (const moment of moments) {
      const { step, arg, disturbed } = moment
      const [phrase] = step.verb === 'failover' && !disturbed ? phrasesOf(arg) : []
      const meaning = phrase && moment.meaningOf(phrase.text)
      const role = meaning?.nodes[0]?.role ?? meaning?.role
      if (!phrase || role !== 'master') continue
      yield {
        at: { step, path: ['failover', ...phrase.path] },
        message: `\`${phrase.text}\` is a master: a failover is asked of the replica that is to become one`,
        hint: 'Name a replica, as `failover: replica of shard 1`.',
      }
    }
  },
}
