/**
 * Attributes of a data point that say which build or which process sent it, and not which series it belongs to: a series
 * that is compared over a deploy goes on under other values of these. Names of the semantic conventions, and of Prometheus.
 */
export const VARYING_ATTRIBUTES: readonly string[] = [
  'service.version',
  'service.instance.id',
  'vcs.ref.head.revision',
  'vcs.ref.revision',
  'git.commit.sha',
  'k8s.pod.name',
  'k8s.pod.uid',
  'k8s.pod.ip',
  'host.name',
  'host.id',
  'container.id',
  'process.pid',
  'service_version',
  'service_instance_id',
  'k8s_pod_name',
  'host_name',
  'container_id',
  'version',
  'commit',
  'revision',
  'instance',
  'pod',
]
