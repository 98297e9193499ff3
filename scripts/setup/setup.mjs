// @ts-check
import path from 'node:path';
import { BUILD_PACKAGES } from '../mediasoup-worker/recipe.mjs';
import { buildClient, isClientBuilt } from './client.mjs';
import { endCommandsOnSignal } from './command.mjs';
import { makeContext } from './context.mjs';
import { withLock } from './lock.mjs';
import { buildAddon, isAddonBuilt, NATIVE_ADDONS, NATIVE_PACKAGES } from './nativeAddons.mjs';
import { hasNode, installNode, nodePath } from './node.mjs';
import { installDependencies, isInstalled } from './npm.mjs';
import { BENCH_PACKAGES, TEST_PACKAGES, installPackages, missingPackages } from './packages.mjs';
import { Progress } from './Progress.mjs';
import { SetupError } from './SetupError.mjs';
import { hasWorker, workerPath } from './worker.mjs';
import { buildWorker } from './workerBuild.mjs';
import { maySeekPrebuilt, seekPrebuilt } from './workerPrebuilt.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/**
 * @typedef {object} Step
 * @property {string} title
 * @property {() => boolean} isPending looked at again right before it runs
 * @property {(progress: Progress) => Promise<string | void>} run gives what came of it
 */

/**
 * What a command needs set up.
 * @typedef {'check' | 'phone' | 'start' | 'test' | 'bench'} Command
 */

/**
 * @param {Context} context
 * @param {Command} command
 * @returns {Step[]} in the order they run
 */
function stepsOf(context, command) {
  const wantsProgram = command === 'start' || command === 'test' || command === 'bench';
  const wantsPeers = command === 'test' || command === 'bench';
  const lacksWorker = () => wantsProgram && !hasWorker(context);
  const lacksAddons = () =>
    wantsProgram && NATIVE_ADDONS.some((addon) => !isAddonBuilt(context, addon));
  const missing = () =>
    missingPackages([
      ...(lacksWorker() ? BUILD_PACKAGES : []),
      ...(lacksAddons() ? NATIVE_PACKAGES : []),
      ...(wantsPeers ? TEST_PACKAGES : []),
      ...(command === 'bench' ? BENCH_PACKAGES : []),
    ]);
  return [
    {
      title: 'mediasoup worker: looking for the official prebuilt',
      isPending: () => wantsProgram && maySeekPrebuilt(context),
      run: (progress) => seekPrebuilt(context, progress),
    },
    {
      title: 'system packages',
      isPending: () => missing().length > 0,
      run: (progress) => installPackages(context, missing(), progress),
    },
    {
      title: 'Node.js 24 from the npm registry',
      isPending: () => !hasNode(context),
      run: (progress) => installNode(context, progress),
    },
    {
      title: 'npm packages (npm ci)',
      isPending: () => !isInstalled(context.root),
      run: () => installDependencies(context),
    },
    {
      title: 'mediasoup worker: building from source (this takes several minutes)',
      isPending: lacksWorker,
      run: (progress) => buildWorker(context, progress),
    },
    ...NATIVE_ADDONS.map((addon) => ({
      title: addon.title,
      isPending: () => wantsProgram && !isAddonBuilt(context, addon),
      run: () => buildAddon(context, addon),
    })),
    {
      title: 'client build',
      isPending: () => wantsProgram && !isClientBuilt(context),
      run: () => buildClient(context),
    },
  ];
}

/**
 * Runs what is pending, one after the other. The count is of what is left to do:
 * a step can make a later one needless.
 * @param {Step[]} steps
 * @param {Progress} progress
 */
export async function runSteps(steps, progress) {
  let done = 0;
  for (const [i, step] of steps.entries()) {
    if (!step.isPending()) continue;
    const left = steps.slice(i).filter((later) => later.isPending()).length;
    progress.start(done + 1, done + left, step.title);
    progress.done((await step.run(progress)) ?? 'done');
    done += 1;
  }
}

/**
 * @param {Context} context
 * @param {Command} command
 * @param {Progress} progress
 */
async function doWhatIsMissing(context, command, progress) {
  const steps = stepsOf(context, command);
  if (!steps.some((step) => step.isPending())) return;
  const stopListening = endCommandsOnSignal();
  try {
    await withLock(
      path.join(context.cache, 'locks', `checkout-${context.checkout}.lock`),
      () => console.log('Waiting for another set-up of this checkout…'),
      () => runSteps(steps, progress),
    );
  } finally {
    stopListening();
  }
}

/**
 * Does whatever set-up a command still misses, and says so; or ends the process with one line
 * that says what to do.
 * @param {Command} command
 * @returns {Promise<{ context: Context, node: string, env: NodeJS.ProcessEnv }>}
 *   the Node.js to run with, and its environment
 */
export async function setUp(command) {
  const progress = new Progress(process.stdout);
  try {
    const context = makeContext(process.env);
    await doWhatIsMissing(context, command, progress);
    return { context, node: nodePath(context), env: environmentFor(context, command) };
  } catch (error) {
    progress.end();
    console.error(`Set-up stopped: ${explain(error)}`);
    process.exit(1);
  }
}

/**
 * @param {unknown} error
 * @returns {string} one line
 */
function explain(error) {
  if (error instanceof SetupError) return error.line;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EACCES' || code === 'EROFS' || code === 'ENOSPC') {
    return `${String(error)}. Make room or mend the rights there, or set SWITCHROOM_CACHE to another folder.`;
  }
  return `unexpected ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/**
 * @param {Context} context
 * @param {Command} command
 * @returns {NodeJS.ProcessEnv}
 */
function environmentFor(context, command) {
  // What Node.js has compiled is kept: the next start is quicker, and so is one after a crash.
  const compiled = path.join(context.root, 'node_modules/.cache/compiled');
  const env = { NODE_COMPILE_CACHE: compiled, ...context.env };
  if (command === 'check' || command === 'phone') return env;
  return { ...env, MEDIASOUP_WORKER_BIN: workerPath(context) };
}
