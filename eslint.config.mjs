// @ts-check
import prettier from 'eslint-config-prettier';
import vue from 'eslint-plugin-vue';
import globals from 'globals';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * One import that a folder may not make.
 * @typedef {{ regex: string, message: string }} Ban
 */

const WORKSPACES = ['protocol', 'opus', 'server', 'sip-dialin', 'recordings', 'client', 'tests'];
const TEST_FILES = ['**/*.test.ts', '**/*.contract.ts', 'tests/**/*.ts'];

/** Engines whose names stop at one folder (docs/architecture.md). */
const ENGINES = {
  mediasoup: ban('^mediasoup(/|$)', 'mediasoup is imported in server/src/sfu only.'),
  mediasoupClient: ban(
    '^mediasoup-client(/|$)',
    'mediasoup-client is imported in client/src/service only.',
  ),
  drachtio: ban(
    '^drachtio-(srf|fsmrf)(/|$)',
    'drachtio-srf is imported in sip-dialin/src/signaling (and tests of sip-server) only.',
  ),
};

/**
 * @param {string} regex
 * @param {string} message
 * @returns {Ban}
 */
function ban(regex, message) {
  return { regex, message };
}

/**
 * The arrows of one workspace: which others it may import, and which engines.
 * @param {string} workspace
 * @param {string[]} mayImport regular expressions of what may follow `@switchroom/`
 */
function arrows(workspace, mayImport) {
  const others = WORKSPACES.filter((name) => name !== workspace).join('|');
  const allowed = mayImport.map((name) => `(?!${name}$)`).join('');
  return [
    ban(
      `^@switchroom/${allowed}`,
      `${workspace} may not import this workspace (docs/architecture.md).`,
    ),
    ban(
      `^(\\.\\./)+(${others})/`,
      'Import another workspace by its package name, not by its path.',
    ),
  ];
}

/**
 * @param {string[]} files
 * @param {Ban[]} patterns
 */
function restrict(files, patterns) {
  return {
    files,
    rules: {
      '@typescript-eslint/no-restricted-imports': /** @type {['error', { patterns: Ban[] }]} */ ([
        'error',
        { patterns },
      ]),
    },
  };
}

const arrowsOf = {
  protocol: arrows('protocol', []),
  server: arrows('server', ['protocol', 'recordings/vault']),
  opus: arrows('opus', []),
  'sip-dialin': arrows('sip-dialin', ['protocol', 'opus']),
  recordings: arrows('recordings', ['protocol', 'opus']),
  client: arrows('client', ['protocol']),
};
const { mediasoup, mediasoupClient, drachtio } = ENGINES;

export default defineConfig(
  {
    ignores: ['**/dist/', 'data/', 'coverage/', 'tests/output/', '**/*.d.ts'],
  },
  {
    files: ['**/*.{ts,mjs,vue}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      globals: globals.node,
      parserOptions: {
        projectService: true,
        extraFileExtensions: ['.vue'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // A method may be async because its interface is, whichever engine stands behind it.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['client/**/*.vue'],
    extends: [vue.configs['flat/recommended']],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { parser: tseslint.parser },
    },
    rules: {
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
    },
  },
  {
    files: ['{protocol,opus,server,sip-dialin,recordings,client}/src/**/*.{ts,vue}'],
    rules: { 'no-console': 'error' },
  },

  // The arrows. Of two entries that match a file the later one counts, whole.
  restrict(
    ['protocol/src/**/*.ts'],
    [...arrowsOf.protocol, ban('^(?!zod($|/)|\\.)', 'protocol imports zod and nothing else.')],
  ),
  restrict(
    ['protocol/src/**/*.test.ts'],
    [...arrowsOf.protocol, mediasoup, mediasoupClient, drachtio],
  ),
  restrict(['opus/**/*.ts'], [...arrowsOf.opus, mediasoup, mediasoupClient, drachtio]),
  restrict(['server/**/*.ts'], [...arrowsOf.server, mediasoup, mediasoupClient, drachtio]),
  restrict(['server/src/sfu/**/*.ts'], [...arrowsOf.server, mediasoupClient, drachtio]),
  restrict(
    ['sip-dialin/**/*.ts'],
    [...arrowsOf['sip-dialin'], mediasoup, mediasoupClient, drachtio],
  ),
  restrict(
    ['sip-dialin/src/signaling/**/*.ts', 'sip-dialin/src/sip-server/**/*.test.ts'],
    [...arrowsOf['sip-dialin'], mediasoup, mediasoupClient],
  ),
  restrict(['recordings/**/*.ts'], [...arrowsOf.recordings, mediasoup, mediasoupClient, drachtio]),
  restrict(['client/**/*.{ts,vue}'], [...arrowsOf.client, mediasoup, mediasoupClient, drachtio]),
  restrict(['client/src/service/**/*.ts'], [...arrowsOf.client, mediasoup, drachtio]),
  restrict(['tests/**/*.ts', 'scripts/**/*.{ts,mjs}'], [mediasoup, mediasoupClient, drachtio]),

  {
    // A type given by JSDoc counts for tsc, which checks these too, but is not seen here.
    files: ['**/*.mjs'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // Sample and byte loops: the index is bounded by the loop, and `?? 0` would hide an error.
    files: ['opus/src/**/*.ts', 'sip-dialin/src/media/**/*.ts', 'recordings/src/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: TEST_FILES,
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  prettier,
);
