import iovalkey from 'iovalkey'
import { driveCluster } from '../ioredis.mjs'
import { versionOf } from '../serve.mjs'

driveCluster({ name: 'iovalkey', version: versionOf(import.meta.url, 'iovalkey'), Cluster: iovalkey.Cluster })
