import Docker from 'dockerode'
import { RUN_LABEL } from '../../runner/platforms/docker/labels.ts'

/**
 * What is left on the engine of a run whose containers carry this name prefix, or of this run id: containers and
 * networks. The prefix is looked for in names, so that a thing that lost its label is seen too.
 */
export async function leftovers(namePrefix: string, runId?: string): Promise<string[]> {
  const docker = new Docker()
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true }),
    docker.listNetworks(),
    docker.listVolumes(),
  ])
  const ofRun = (labels: Record<string, string> | null | undefined) =>
    runId !== undefined && labels?.[RUN_LABEL] === runId
  return [
    ...containers
      .filter(({ Names, Labels }) => Names.some((name) => name.startsWith(`/${namePrefix}`)) || ofRun(Labels))
      .map(({ Names }) => `container ${Names.join()}`),
    ...networks
      .filter(({ Name, Labels }) => ofRun(Labels) || (runId !== undefined && Name.includes(runId)))
      .map(({ Name }) => `network ${Name}`),
    ...volumes.Volumes.filter(({ Labels }) => ofRun(Labels)).map(({ Name }) => `volume ${Name}`),
  ]
}
