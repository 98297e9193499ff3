/*
 * Loaded into each supervised process before its program. When the supervisor is gone, however it
 * went, its end of the IPC channel closes: the process is then told to end as the supervisor would
 * have told it, and ends in any case.
 */

const GRACE_MS = 5000;

process.once('disconnect', () => {
  setTimeout(() => process.exit(1), GRACE_MS).unref();
  process.kill(process.pid, 'SIGTERM');
});
// Listening keeps the channel, and with it the process, alive; the program alone decides that.
process.channel?.unref();
