import { generateX25519Identity, identityToRecipient } from 'age-encryption';

/** Somebody with a key of their own, as `age-keygen` makes it. */
export async function newOfficer(): Promise<{ identity: string; recipient: string }> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}
