// @ts-check
import { checkAudit } from './checkAudit.mjs';
import { checkChain } from './checkChain.mjs';

/** What the trail says of a recording that is gone by law (docs/compliance.md). */
const DELETIONS = new Set(['recording.deleted', 'recording.expired', 'recording.erased']);

/**
 * A chain, and a trail as `GET /audit/export` gives it, which must tell of the deletion of each recording that is in the one and
 * no longer in the vault. Throws as `checkChain()` and `checkAudit()` do.
 * @param {Parameters<typeof checkChain>[0]} places
 * @param {Set<string>} pins
 * @param {string} auditPath
 * @returns {Promise<import('./checkExport.mjs').Report>}
 */
export async function checkChainByTrail(places, pins, auditPath) {
  /** @type {Set<string>} */
  const deleted = new Set();
  const trail = await checkAudit(auditPath, ({ action, outcome, subject: { type, id } }) => {
    const isDeletion = DELETIONS.has(action) && outcome === 'ok' && type === 'recording';
    if (isDeletion && id !== null) deleted.add(id);
  });
  const chain = await checkChain(places, pins, deleted);
  return {
    title: `${chain.title}, and ${trail.title}`,
    facts: [...chain.facts, ...trail.facts],
    warnings: [...chain.warnings, ...trail.warnings],
  };
}
