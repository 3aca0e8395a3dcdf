"""The numbers of the fields of messages, as Kubernetes 1.36 publishes them (generated.proto).

Of each message what people send to a cluster like ours; other fields of it are not read. A field
is its number, its name in JSON, and what it holds: s text, i a number, b a truth (in capitals: kept
when it is nothing), y bytes, t and u times, q a quantity, o a number or text, else a message; * is
a list, { a map by text, ^ a message whose fields belong to the outer one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE = """
Capabilities: 1 add *s; 2 drop *s
ConfigMap: 1 metadata ObjectMeta; 4 immutable B; 2 data {s; 3 binaryData {y
ConfigMapEnvSource: 1 localObjectReference ^LocalObjectReference; 2 optional B
ConfigMapKeySelector: 1 localObjectReference ^LocalObjectReference; 2 key s; 3 optional B
ConfigMapProjection: 1 localObjectReference ^LocalObjectReference; 2 items *KeyToPath; 4
  optional B
ConfigMapVolumeSource: 1 localObjectReference ^LocalObjectReference; 2 items *KeyToPath; 3
  defaultMode I; 4 optional B
Container: 1 name s; 2 image s; 3 command *s; 4 args *s; 5 workingDir s; 6 ports *ContainerPort;
  19 envFrom *EnvFromSource; 7 env *EnvVar; 8 resources ResourceRequirements; 24 restartPolicy
  s; 9 volumeMounts *VolumeMount; 10 livenessProbe Probe; 11 readinessProbe Probe; 22
  startupProbe Probe; 13 terminationMessagePath s; 20 terminationMessagePolicy s; 14
  imagePullPolicy s; 15 securityContext SecurityContext; 16 stdin b; 17 stdinOnce b; 18 tty b
ContainerPort: 1 name s; 2 hostPort i; 3 containerPort i; 4 protocol s; 5 hostIP s
CronJob: 1 metadata ObjectMeta; 2 spec CronJobSpec
CronJobSpec: 1 schedule s; 8 timeZone s; 2 startingDeadlineSeconds I; 3 concurrencyPolicy s; 4
  suspend B; 5 jobTemplate JobTemplateSpec; 6 successfulJobsHistoryLimit I; 7
  failedJobsHistoryLimit I
DeleteOptions: 1 gracePeriodSeconds I; 2 preconditions Preconditions; 3 orphanDependents B; 4
  propagationPolicy s; 5 dryRun *s
Deployment: 1 metadata ObjectMeta; 2 spec DeploymentSpec
DeploymentSpec: 1 replicas I; 2 selector LabelSelector; 3 template PodTemplateSpec; 4 strategy
  DeploymentStrategy; 5 minReadySeconds i; 6 revisionHistoryLimit I; 7 paused b; 9
  progressDeadlineSeconds I
DeploymentStrategy: 1 type s; 2 rollingUpdate RollingUpdateDeployment
DownwardAPIProjection: 1 items *DownwardAPIVolumeFile
DownwardAPIVolumeFile: 1 path s; 2 fieldRef ObjectFieldSelector; 3 resourceFieldRef
  ResourceFieldSelector; 4 mode I
DownwardAPIVolumeSource: 1 items *DownwardAPIVolumeFile; 2 defaultMode I
EmptyDirVolumeSource: 1 medium s; 2 sizeLimit q
EnvFromSource: 1 prefix s; 2 configMapRef ConfigMapEnvSource; 3 secretRef SecretEnvSource
EnvVar: 1 name s; 2 value s; 3 valueFrom EnvVarSource
EnvVarSource: 1 fieldRef ObjectFieldSelector; 2 resourceFieldRef ResourceFieldSelector; 3
  configMapKeyRef ConfigMapKeySelector; 4 secretKeyRef SecretKeySelector; 5 fileKeyRef
  FileKeySelector
Eviction: 1 metadata ObjectMeta; 2 deleteOptions DeleteOptions
ExecAction: 1 command *s
FileKeySelector: 1 volumeName s; 2 path s; 3 key s; 4 optional B
GRPCAction: 1 port i; 2 service s
HTTPGetAction: 1 path s; 2 port o; 3 host s; 4 scheme s; 5 httpHeaders *HTTPHeader
HTTPHeader: 1 name s; 2 value s
HostPathVolumeSource: 1 path s; 2 type s
Job: 1 metadata ObjectMeta; 2 spec JobSpec
JobSpec: 1 parallelism I; 2 completions I; 3 activeDeadlineSeconds I; 7 backoffLimit I; 12
  backoffLimitPerIndex I; 13 maxFailedIndexes I; 4 selector LabelSelector; 5 manualSelector B; 6
  template PodTemplateSpec; 8 ttlSecondsAfterFinished I; 9 completionMode s; 10 suspend B; 14
  podReplacementPolicy s; 15 managedBy s
JobTemplateSpec: 1 metadata ObjectMeta; 2 spec JobSpec
KeyToPath: 1 key s; 2 path s; 3 mode I
LabelSelector: 1 matchLabels {s; 2 matchExpressions *LabelSelectorRequirement
LabelSelectorRequirement: 1 key s; 2 operator s; 3 values *s
Lease: 1 metadata ObjectMeta; 2 spec LeaseSpec
LeaseSpec: 1 holderIdentity s; 2 leaseDurationSeconds I; 3 acquireTime u; 4 renewTime u; 5
  leaseTransitions I; 6 strategy s; 7 preferredHolder s
LocalObjectReference: 1 name s
Namespace: 1 metadata ObjectMeta; 2 spec NamespaceSpec
NamespaceSpec: 1 finalizers *s
NonResourceAttributes: 1 path s; 2 verb s
ObjectFieldSelector: 1 apiVersion s; 2 fieldPath s
ObjectMeta: 1 name s; 2 generateName s; 3 namespace s; 5 uid s; 6 resourceVersion s; 7
  generation i; 8 creationTimestamp t; 9 deletionTimestamp t; 10 deletionGracePeriodSeconds I;
  11 labels {s; 12 annotations {s; 13 ownerReferences *OwnerReference; 14 finalizers *s
ObjectReference: 1 kind s; 2 namespace s; 3 name s; 4 uid s; 5 apiVersion s; 6 resourceVersion
  s; 7 fieldPath s
OwnerReference: 5 apiVersion s; 1 kind s; 3 name s; 4 uid s; 6 controller B; 7
  blockOwnerDeletion B
PersistentVolumeClaimVolumeSource: 1 claimName s; 2 readOnly b
Pod: 1 metadata ObjectMeta; 2 spec PodSpec
PodReadinessGate: 1 conditionType s
PodSchedulingGate: 1 name s
PodSecurityContext: 2 runAsUser I; 6 runAsGroup I; 3 runAsNonRoot B; 4 supplementalGroups *i; 12
  supplementalGroupsPolicy s; 5 fsGroup I; 9 fsGroupChangePolicy s; 13 seLinuxChangePolicy s
PodSpec: 1 volumes *Volume; 20 initContainers *Container; 2 containers *Container; 3
  restartPolicy s; 4 terminationGracePeriodSeconds I; 5 activeDeadlineSeconds I; 6 dnsPolicy s;
  7 nodeSelector {s; 8 serviceAccountName s; 9 serviceAccount s; 21 automountServiceAccountToken
  B; 10 nodeName s; 11 hostNetwork b; 12 hostPID b; 13 hostIPC b; 27 shareProcessNamespace B; 14
  securityContext PodSecurityContext; 15 imagePullSecrets *LocalObjectReference; 16 hostname s;
  17 subdomain s; 19 schedulerName s; 22 tolerations *Toleration; 24 priorityClassName s; 25
  priority I; 28 readinessGates *PodReadinessGate; 29 runtimeClassName s; 30 enableServiceLinks
  B; 31 preemptionPolicy s; 35 setHostnameAsFQDN B; 37 hostUsers B; 38 schedulingGates
  *PodSchedulingGate; 40 resources ResourceRequirements
PodTemplateSpec: 1 metadata ObjectMeta; 2 spec PodSpec
Preconditions: 1 uid s; 2 resourceVersion s
Probe: 1 handler ^ProbeHandler; 2 initialDelaySeconds i; 3 timeoutSeconds i; 4 periodSeconds i;
  5 successThreshold i; 6 failureThreshold i; 7 terminationGracePeriodSeconds I
ProbeHandler: 1 exec ExecAction; 2 httpGet HTTPGetAction; 3 tcpSocket TCPSocketAction; 4 grpc
  GRPCAction
ProjectedVolumeSource: 1 sources *VolumeProjection; 2 defaultMode I
ResourceAttributes: 1 namespace s; 2 verb s; 3 group s; 4 version s; 5 resource s; 6 subresource
  s; 7 name s
ResourceFieldSelector: 1 containerName s; 2 resource s; 3 divisor q
ResourceRequirements: 1 limits {q; 2 requests {q
RollingUpdateDeployment: 1 maxUnavailable o; 2 maxSurge o
Secret: 1 metadata ObjectMeta; 5 immutable B; 2 data {y; 4 stringData {s; 3 type s
SecretEnvSource: 1 localObjectReference ^LocalObjectReference; 2 optional B
SecretKeySelector: 1 localObjectReference ^LocalObjectReference; 2 key s; 3 optional B
SecretProjection: 1 localObjectReference ^LocalObjectReference; 2 items *KeyToPath; 4 optional B
SecretVolumeSource: 1 secretName s; 2 items *KeyToPath; 3 defaultMode I; 4 optional B
SecurityContext: 1 capabilities Capabilities; 2 privileged B; 4 runAsUser I; 8 runAsGroup I; 5
  runAsNonRoot B; 6 readOnlyRootFilesystem B; 7 allowPrivilegeEscalation B; 9 procMount s
SelfSubjectAccessReview: 1 metadata ObjectMeta; 2 spec SelfSubjectAccessReviewSpec
SelfSubjectAccessReviewSpec: 1 resourceAttributes ResourceAttributes; 2 nonResourceAttributes
  NonResourceAttributes
SelfSubjectReview: 1 metadata ObjectMeta
SelfSubjectRulesReview: 1 metadata ObjectMeta; 2 spec SelfSubjectRulesReviewSpec
SelfSubjectRulesReviewSpec: 1 namespace s
Service: 1 metadata ObjectMeta; 2 spec ServiceSpec
ServiceAccount: 1 metadata ObjectMeta; 2 secrets *ObjectReference; 3 imagePullSecrets
  *LocalObjectReference; 4 automountServiceAccountToken B
ServiceAccountTokenProjection: 1 audience s; 2 expirationSeconds I; 3 path s
ServicePort: 1 name s; 2 protocol s; 6 appProtocol s; 3 port i; 4 targetPort o; 5 nodePort i
ServiceSpec: 1 ports *ServicePort; 2 selector {s; 3 clusterIP s; 18 clusterIPs *s; 4 type s; 5
  externalIPs *s; 7 sessionAffinity s; 8 loadBalancerIP s; 9 loadBalancerSourceRanges *s; 10
  externalName s; 11 externalTrafficPolicy s; 12 healthCheckNodePort i; 13
  publishNotReadyAddresses b; 19 ipFamilies *s; 17 ipFamilyPolicy s; 20
  allocateLoadBalancerNodePorts B; 21 loadBalancerClass s; 22 internalTrafficPolicy s; 23
  trafficDistribution s
TCPSocketAction: 1 port o; 2 host s
Toleration: 1 key s; 2 operator s; 3 value s; 4 effect s; 5 tolerationSeconds I
Volume: 1 name s; 2 volumeSource ^VolumeSource
VolumeMount: 1 name s; 2 readOnly b; 7 recursiveReadOnly s; 3 mountPath s; 4 subPath s; 5
  mountPropagation s; 6 subPathExpr s
VolumeProjection: 1 secret SecretProjection; 2 downwardAPI DownwardAPIProjection; 3 configMap
  ConfigMapProjection; 4 serviceAccountToken ServiceAccountTokenProjection
VolumeSource: 1 hostPath HostPathVolumeSource; 2 emptyDir EmptyDirVolumeSource; 6 secret
  SecretVolumeSource; 10 persistentVolumeClaim PersistentVolumeClaimVolumeSource; 16 downwardAPI
  DownwardAPIVolumeSource; 19 configMap ConfigMapVolumeSource; 26 projected
  ProjectedVolumeSource
"""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name in JSON, the mark of a list, map or inner message, and its type."""

    name: str
    mark: str
    type: str


def _messages() -> Mapping[str, Mapping[int, Field]]:
    found: dict[str, dict[int, Field]] = {}
    for entry in TABLE.replace("\n  ", " ").strip().splitlines():
        message, _, fields = entry.partition(": ")
        found[message] = {}
        for field in fields.split("; "):
            number, name, form = field.split()
            mark = form[0] if form[0] in "*{^" else ""
            found[message][int(number)] = Field(name, mark, form[len(mark) :])
    return found


MESSAGES = _messages()
