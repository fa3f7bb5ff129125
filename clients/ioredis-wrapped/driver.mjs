import { createRequire } from 'node:module'
import { Cluster } from 'ioredis'
import { driveCluster } from '../ioredis.mjs'

const { version } = createRequire(import.meta.url)('ioredis/package.json')
driveCluster({ name: 'ioredis', version, Cluster })
