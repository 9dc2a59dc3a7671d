/** The registry of verbs: one import, one line each. Routes, commands and tools are made from it. */
import { accountRole } from './account/change-role.ts';
import { accountDisable, accountEnable } from './account/disable.ts';
import { accountInvitations } from './account/invitations.ts';
import { accountInvite } from './account/invite.ts';
import { accountList } from './account/list.ts';
import { accountPassword } from './account/password.ts';
import { accountRemove } from './account/remove.ts';
import { accountSecondFactorOff } from './account/second-factor.ts';
import { accountUninvite } from './account/uninvite.ts';
import { actionApprove } from './action/approve.ts';
import { actionDeny } from './action/deny.ts';
import { actionEdit } from './action/edit.ts';
import { actionList } from './action/list.ts';
import { actionPropose } from './action/propose.ts';
import { actionReport } from './action/report.ts';
import { actionShow } from './action/show.ts';
import { actionUndo } from './action/undo.ts';
import { actionItemAdd } from './action-item/add.ts';
import { actionItemClose } from './action-item/close.ts';
import { actionItemEdit } from './action-item/edit.ts';
import { actionItemList } from './action-item/list.ts';
import { agentDefinition } from './agent/definition.ts';
import { auditVerify } from './audit/verify.ts';
import { backupCopy } from './backup/copy.ts';
import { backupEvidence } from './backup/evidence.ts';
import { backupExpire } from './backup/expire.ts';
import { backupFetch } from './backup/fetch.ts';
import {
  backupAdopt,
  backupForget,
  backupPin,
  backupTrustClock,
  backupUnmark,
  backupUnpin,
} from './backup/hold.ts';
import { backupList } from './backup/list.ts';
import { backupNeeds } from './backup/needs.ts';
import { backupPlanDeletion } from './backup/plan-deletion.ts';
import { backupPrepare } from './backup/prepare.ts';
import { backupRestore } from './backup/restore.ts';
import { backupTake } from './backup/take.ts';
import { backupTry } from './backup/try.ts';
import { backupVerify } from './backup/verify.ts';
import { changeList } from './change/list.ts';
import { changeRecord } from './change/record.ts';
import { configurationEdit } from './configuration/edit.ts';
import { configurationShow } from './configuration/show.ts';
import { type AnyVerb, seal } from './context.ts';
import { drillScoreboard } from './drill/scoreboard.ts';
import { guardClassify } from './guard/classify.ts';
import { guardExplain } from './guard/explain.ts';
import { guardPolicy } from './guard/policy.ts';
import { guardSimulate } from './guard/simulate.ts';
import { heartbeatCreate } from './heartbeat/create.ts';
import { heartbeatList } from './heartbeat/list.ts';
import { heartbeatRotate } from './heartbeat/rotate.ts';
import { incidentAck } from './incident/ack.ts';
import { incidentAssign } from './incident/assign.ts';
import { incidentDeclare } from './incident/declare.ts';
import { incidentImpact } from './incident/impact.ts';
import { incidentInvestigate } from './incident/investigate.ts';
import { incidentLevel } from './incident/level.ts';
import { incidentList } from './incident/list.ts';
import { incidentMerge } from './incident/merge.ts';
import { incidentNote } from './incident/note.ts';
import { incidentPostmortem } from './incident/postmortem.ts';
import { incidentResolve } from './incident/resolve.ts';
import { incidentRole } from './incident/role.ts';
import { incidentShow } from './incident/show.ts';
import { incidentSplit } from './incident/split.ts';
import { incidentStats } from './incident/stats.ts';
import { incidentUpdate } from './incident/update.ts';
import { incidentUpdates } from './incident/updates.ts';
import { journalList } from './journal/list.ts';
import { logPatterns } from './log/patterns.ts';
import { logSearch } from './log/search.ts';
import { maintenanceCancel } from './maintenance/cancel.ts';
import { maintenanceList } from './maintenance/list.ts';
import { maintenanceSchedule } from './maintenance/schedule.ts';
import { maintenanceSuggest } from './maintenance/suggest.ts';
import { notifierList } from './notifier/list.ts';
import { notifierTest } from './notifier/send-test.ts';
import { oncallCancel } from './oncall/cancel.ts';
import { oncallFeed } from './oncall/feed.ts';
import { oncallFeedEnd } from './oncall/feed-end.ts';
import { oncallFeedList } from './oncall/feed-list.ts';
import { oncallHandoff } from './oncall/handoff.ts';
import { oncallList } from './oncall/list.ts';
import { oncallLoad } from './oncall/load.ts';
import { oncallNext } from './oncall/next.ts';
import { oncallNote } from './oncall/note.ts';
import { oncallNow } from './oncall/now.ts';
import { oncallOverride } from './oncall/override.ts';
import { oncallSchedule } from './oncall/schedule.ts';
import { oncallSwap } from './oncall/swap.ts';
import { postmortemEdit } from './postmortem/edit.ts';
import { pushList } from './push/list.ts';
import { questionAsk } from './question/ask.ts';
import { reportDaily } from './report/daily.ts';
import { reportRecoveryPlan } from './report/recovery-plan.ts';
import { ruleList } from './rule/list.ts';
import { ruleReplay } from './rule/replay.ts';
import { ruleShow } from './rule/show.ts';
import { ruleTuning } from './rule/tuning.ts';
import { samplesQuery } from './samples/query.ts';
import { sessionList } from './session/list.ts';
import { sessionRevoke } from './session/revoke.ts';
import { silenceCreate } from './silence/create.ts';
import { silenceEnd } from './silence/end.ts';
import { silenceList } from './silence/list.ts';
import { sloList } from './slo/list.ts';
import { sloShow } from './slo/show.ts';
import { statusShow } from './status/show.ts';
import { statusPageLink } from './status-page/link.ts';
import { statusPageRemove } from './status-page/remove.ts';
import { statusPageRender } from './status-page/render.ts';
import { statusPageShow } from './status-page/show.ts';
import { statusPageSubscribers } from './status-page/subscribers.ts';
import { targetInvestigate } from './target/investigate.ts';
import { targetShow } from './target/show.ts';
import { tokenCreate } from './token/create.ts';
import { tokenList } from './token/list.ts';
import { tokenRevoke } from './token/revoke.ts';

export const verbs: readonly AnyVerb[] = [
  seal(statusShow),
  seal(targetShow),
  seal(targetInvestigate),
  seal(questionAsk),
  seal(samplesQuery),
  seal(ruleList),
  seal(ruleShow),
  seal(ruleReplay),
  seal(ruleTuning),
  seal(sloList),
  seal(sloShow),
  seal(incidentList),
  seal(incidentShow),
  seal(incidentAck),
  seal(incidentResolve),
  seal(incidentInvestigate),
  seal(incidentDeclare),
  seal(incidentAssign),
  seal(incidentRole),
  seal(incidentLevel),
  seal(incidentNote),
  seal(incidentImpact),
  seal(incidentMerge),
  seal(incidentSplit),
  seal(incidentUpdate),
  seal(incidentUpdates),
  seal(incidentPostmortem),
  seal(incidentStats),
  seal(postmortemEdit),
  seal(actionItemList),
  seal(actionItemAdd),
  seal(actionItemEdit),
  seal(actionItemClose),
  seal(actionList),
  seal(actionShow),
  seal(actionReport),
  seal(actionPropose),
  seal(actionApprove),
  seal(actionEdit),
  seal(actionDeny),
  seal(actionUndo),
  seal(backupList),
  seal(backupTake),
  seal(backupVerify),
  seal(backupCopy),
  seal(backupFetch),
  seal(backupTry),
  seal(backupNeeds),
  seal(backupPrepare),
  seal(backupRestore),
  seal(backupEvidence),
  seal(backupPlanDeletion),
  seal(backupExpire),
  seal(backupPin),
  seal(backupUnpin),
  seal(backupUnmark),
  seal(backupForget),
  seal(backupAdopt),
  seal(backupTrustClock),
  seal(changeList),
  seal(changeRecord),
  seal(drillScoreboard),
  seal(logPatterns),
  seal(logSearch),
  seal(guardExplain),
  seal(guardPolicy),
  seal(guardSimulate),
  seal(guardClassify),
  seal(heartbeatList),
  seal(heartbeatCreate),
  seal(heartbeatRotate),
  seal(pushList),
  seal(silenceList),
  seal(silenceCreate),
  seal(silenceEnd),
  seal(maintenanceList),
  seal(maintenanceSchedule),
  seal(maintenanceCancel),
  seal(maintenanceSuggest),
  seal(notifierList),
  seal(notifierTest),
  seal(journalList),
  seal(auditVerify),
  seal(configurationShow),
  seal(configurationEdit),
  seal(tokenList),
  seal(tokenCreate),
  seal(tokenRevoke),
  seal(accountList),
  seal(accountPassword),
  seal(accountInvite),
  seal(accountInvitations),
  seal(accountUninvite),
  seal(accountRole),
  seal(accountDisable),
  seal(accountEnable),
  seal(accountRemove),
  seal(accountSecondFactorOff),
  seal(sessionList),
  seal(sessionRevoke),
  seal(oncallNow),
  seal(oncallNext),
  seal(oncallList),
  seal(oncallSchedule),
  seal(oncallOverride),
  seal(oncallSwap),
  seal(oncallCancel),
  seal(oncallHandoff),
  seal(oncallLoad),
  seal(oncallFeed),
  seal(oncallFeedList),
  seal(oncallFeedEnd),
  seal(oncallNote),
  seal(reportDaily),
  seal(reportRecoveryPlan),
  seal(agentDefinition),
  seal(statusPageShow),
  seal(statusPageRender),
  seal(statusPageSubscribers),
  seal(statusPageRemove),
  seal(statusPageLink),
];

/** Throws for a name that no verb has. */
export function verbNamed(name: string): AnyVerb {
  const verb = verbs.find((one) => one.name === name);
  if (!verb) throw new Error(`there is no verb ${name}`);
  return verb;
}
