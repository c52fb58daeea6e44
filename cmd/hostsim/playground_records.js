'use strict';

// The records of the running server, as they come. Nothing here grows without bound: the page keeps as many as the server does.
const mostKept = 500;
let kept = [];         // {entry, record, text, row}, the oldest first
let waiting = [];      // what has come and is not shown yet
let gone = 0;          // how many came and went while nobody read
let newest = '';       // the id of the last one, by which a new connection goes on
let source = null;
let state = '';
let drawing = 0;
let chosen = null;     // the one that is shown as a whole
const filters = {
  'by-action': k => [k.record.action || 'no record'],
  'by-decision': k => [k.record.decision || '–'],
  'by-model': k => [k.record.model || '–'],
  'by-flag': k => k.record.flags || [],
};

// Characters that nobody sees, or that turn the text round them, are shown by their numbers.
const visible = text => text.replace(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, c => {
  const number = c.codePointAt(0).toString(16).padStart(4, '0');
  return number.length > 4 ? `\\u{${number}}` : '\\u' + number;
});
const cell = value => visible(value === undefined || value === null ? '' : String(value));

function connect() {
  if (source) source.close();
  source = new EventSource(newest ? 'records?after=' + encodeURIComponent(newest) : 'records');
  source.onopen = () => { state = 'live'; soonDraw(); };
  source.onerror = () => {
    state = source.readyState === EventSource.CLOSED ? 'not followed: too many pages follow it, or it has ended; load this page again' : 'the server is gone: trying again';
    soonDraw();
  };
  source.addEventListener('gone', e => { gone += Number(e.data) || 0; soonDraw(); });
  source.onmessage = e => {
    newest = e.lastEventId;
    const entry = JSON.parse(e.data), record = entry.mom[0] || {};
    waiting.push({ entry, record, text: JSON.stringify(entry).toLowerCase(), row: null });
    if (waiting.length > mostKept) { waiting.shift(); gone++; }
    soonDraw();
  };
}

function soonDraw() {
  if (!drawing) drawing = setTimeout(draw, 100);
}

const paused = () => at('pause').getAttribute('aria-pressed') === 'true';

function draw() {
  drawing = 0;
  if (!paused()) {
    const fresh = waiting;
    waiting = [];
    kept.push(...fresh);
    for (const old of kept.splice(0, Math.max(0, kept.length - mostKept))) if (old.row) old.row.remove();
    options();
    for (const k of fresh) if (kept.includes(k) && fits(k)) at('list').tBodies[0].prepend(rowOf(k));
    oneStop();
  }
  const shown = at('list').tBodies[0].rows.length;
  const parts = [`${shown} of the last ${kept.length} requests`, paused() ? `paused, ${waiting.length} more have come` : state];
  if (gone) parts.push(`${gone} came too fast to be shown`);
  at('count').textContent = parts.join(' · ');
}

const fits = k => k.text.includes(at('by-text').value.trim().toLowerCase()) &&
  Object.entries(filters).every(([id, of]) => !at(id).value || of(k).includes(at(id).value));

// The lists to filter by hold what is kept, and what is chosen.
function options() {
  for (const [id, of] of Object.entries(filters)) {
    const select = at(id), value = select.value;
    const names = [...new Set([...kept.flatMap(of), ...(value ? [value] : [])])].sort();
    if (select.options.length && names.join('\n') === [...select.options].slice(1).map(o => o.value).join('\n')) continue;
    select.replaceChildren(new Option('all', ''), ...names.map(name => new Option(visible(name), name)));
    select.value = value;
  }
}

function again() {
  at('list').tBodies[0].replaceChildren(...kept.filter(fits).reverse().map(rowOf));
  oneStop();
  draw();
}

function rowOf(k) {
  if (k.row) return k.row;
  const { entry, record } = k;
  const time = element('button', cell(entry.time).slice(11, 23));
  time.type = 'button';
  time.tabIndex = -1;
  const status = element('span', entry.code || 'none', entry.code >= 200 && entry.code < 400 ? 'yes' : 'no');
  const flags = (record.flags || []).map(cell).join(', ');
  const tr = k.row = document.createElement('tr');
  for (const c of [time, status, cell(record.action) || element('span', 'no record', 'quiet'), cell(record.decision), cell(record.model), flags, cell(record.path), cell(entry.ms)]) {
    const td = document.createElement('td');
    td.append(c);
    tr.append(td);
  }
  tr.addEventListener('click', () => choose(k));
  return tr;
}

// The list is one stop for the tab key; the arrows go from row to row.
function oneStop(wanted) {
  const buttons = [...at('list').tBodies[0].querySelectorAll('button')];
  const stop = wanted || buttons.find(b => b === document.activeElement) || buttons.find(b => b.tabIndex === 0) || buttons[0];
  for (const b of buttons) b.tabIndex = b === stop ? 0 : -1;
}

function arrow(e) {
  const rows = [...at('list').tBodies[0].rows], i = rows.findIndex(r => r.contains(e.target));
  const to = { ArrowDown: i + 1, ArrowUp: i - 1, Home: 0, End: rows.length - 1 }[e.key];
  if (i < 0 || to === undefined) return;
  e.preventDefault();
  const next = rows[Math.min(Math.max(to, 0), rows.length - 1)].querySelector('button');
  oneStop(next);
  next.focus();
}

async function choose(k) {
  if (chosen && chosen.row) chosen.row.removeAttribute('aria-current');
  chosen = k;
  k.row.setAttribute('aria-current', 'true');
  oneStop(k.row.querySelector('button'));
  at('record').hidden = false;
  at('record-title').textContent = 'Request ' + cell(k.record.request_id || 'without a record');
  at('whole').textContent = visible(JSON.stringify(k.entry, null, 2));
  at('words').replaceChildren();
  let words = ['The request never came to the router, or it was cut off before: there is no record of it.'];
  try {
    if (k.entry.mom.length) words = await question('explain', k.record);
  } catch (e) {
    words = [String(e.message || e)];
  }
  if (chosen === k) at('words').replaceChildren(...words.map(w => element('li', visible(w))));
}

function close() {
  at('record').hidden = true;
  if (!chosen) return;
  chosen.row.removeAttribute('aria-current');
  const button = chosen.row.isConnected && chosen.row.querySelector('button');
  (button || at('pause')).focus();
  chosen = null;
}

function beginRecords() {
  at('live').hidden = at('torecords').hidden = false;
  options();
  for (const id of Object.keys(filters)) at(id).addEventListener('change', again);
  at('by-text').addEventListener('input', again);
  at('pause').addEventListener('click', () => {
    at('pause').setAttribute('aria-pressed', String(!paused()));
    at('pause').textContent = paused() ? 'Go on' : 'Pause';
    draw();
  });
  at('list').addEventListener('keydown', arrow);
  at('close').addEventListener('click', close);
  at('record').addEventListener('keydown', e => { if (e.key === 'Escape') close(); });
  // A browser has few connections to one address: pages that nobody sees hold none.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) { source.close(); state = 'not followed while the page was hidden'; } else connect();
  });
  connect();
}
