// The door of scheduler/: choosing a node for every pod that has none.
// Invariant: reaches the cluster only through #client, like any other scheduler could.
// Called by: compose/, `dhow why`.

export { type CycleInput, type Decision, decide, enoughFeasibleNodes, filterNode } from "./cycle.ts";
export type { ClusterChange, NodeView, Plugin, PodView } from "./framework.ts";
export { rejectionMessage } from "./message.ts";
export { defaultPlugins } from "./plugins/index.ts";
export { createScheduler, type Scheduler, type SchedulerOptions } from "./scheduler.ts";
export { viewNode, viewPod, withPod } from "./views.ts";
