import { DockerPlatform } from '../platforms/docker/docker-platform.ts'
import type { Platform } from '../platforms/platform.ts'
import { projectRoot } from './project.ts'

/** The server that is played against unless another is asked for; an entry of `docker/servers.yaml`. */
const DEFAULT_SERVER = 'redis:7.0'

/** The platform that the servers run on. */
export function openPlatform(): Platform {
  return new DockerPlatform({ server: DEFAULT_SERVER, projectRoot })
}
