import { flushCompileCache } from 'node:module';

/*
 * Loaded into each supervised process before its program. Node.js keeps what it has compiled (NODE_COMPILE_CACHE)
 * when a process ends by itself; one that is killed is to leave it to its successor, too.
 */

/** By then all that a program consists of is loaded. */
const LOADED_MS = 10_000;

setTimeout(() => flushCompileCache(), LOADED_MS).unref();
