// The page in Chromium against a real server: page_test.mjs PERSEA. Exit status 77 where there is no Chromium.
// PERSEA_SHOTS=FOLDER keeps pictures of what it sees.
import { mkdirSync } from 'node:fs';
import * as chat from './chat_steps';
import * as corpus from './corpus_steps';
import * as other from './other_steps';
import { chromiumPath, Stage } from './stage';

if (!chromiumPath()) {
  console.log('skipped: there is no Chromium here (PERSEA_CHROMIUM names one)');
  process.exit(77);
}
const shots = process.env['PERSEA_SHOTS'];
if (shots) mkdirSync(shots, { recursive: true });

const stage = new Stage(process.argv[2]!);
let failed = false;
const began = Date.now();
const step = async (name: string, action: () => Promise<void>): Promise<void> => {
  if (failed) return;
  const start = Date.now();
  try {
    await action();
    if (stage.trouble.length > 0) throw new Error(stage.trouble.join('\n'));
    console.log(`ok: ${name} (${Date.now() - start} ms)`);
  } catch (error) {
    failed = true;
    console.log(`failed: ${name}: ${error instanceof Error ? error.stack : String(error)}`);
  }
};

try {
  stage.train();
  await stage.serve();
  const page = await stage.page({ colorScheme: 'light' });
  await step('the page opens under its policy', () => chat.open(page, stage));
  await step('settings reach the model', () => chat.settings(page));
  await step('regenerate, and back', () => chat.regenerate(page));
  await step('edit and branch', () => chat.editAndBranch(page));
  await step('thumbs, an edited answer, where it comes from', () => chat.feedbackAndTrace(page, stage));
  await step('stop', () => chat.stopping(page, stage));
  await step('two models side by side', () => chat.sideBySide(page));
  await step('hostile text is text', () => chat.hostileText(page));
  await step('chats are kept, renamed, exported, deleted', () => chat.keptChats(page));
  await step('the keyboard alone', () => other.keyboardOnly(page));
  await step('light and dark', () => other.themes(page));
  stage.trainInBackground();
  await step('a run with curves that grow', () => other.runs(page));
  await step('a lineage as a graph', () => other.lineage(page));
  await step('what was curated, and why', () => corpus.curated(page, stage));
  if (shots) {
    await page.emulateMedia({ colorScheme: 'dark' });
    for (const [name, hash] of [
      ['dark-lab', '#/lab'],
      ['dark-artifacts', '#/lab/artifacts'],
    ]) {
      await page.goto(`${stage.url}/${hash}`);
      await page
        .getByRole('link', { name: /^model-/ })
        .first()
        .waitFor();
      await chat.shot(page, name!);
    }
    await page
      .getByRole('link', { name: /^model-/ })
      .first()
      .click();
    await page.locator('.node').first().waitFor();
    await page.waitForTimeout(300);
    await chat.shot(page, 'dark-lineage');
    await page.goto(`${stage.url}/#/`);
    await page.locator('.chat-title').nth(2).click();
    await page.waitForTimeout(300);
    await chat.shot(page, 'dark-chat');
  }
  const small = await stage.page({
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
    deviceScaleFactor: 2,
    colorScheme: 'light',
  });
  await step('a phone', () => other.phone(small, stage));
  await step('a curated corpus on a phone', () => corpus.curatedOnAPhone(small, stage));
  await step('keys', () => other.keys(page, stage));
  if (failed && shots) await Promise.all([chat.shot(page, 'failed'), chat.shot(small, 'failed-phone')]);
} finally {
  await stage.end();
}
console.log(`${failed ? 'failed' : 'passed'} after ${((Date.now() - began) / 1000).toFixed(1)} s`);
process.exit(failed ? 1 : 0);
