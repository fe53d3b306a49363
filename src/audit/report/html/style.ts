/**
 * The report's style sheet. One accent, system fonts, figures that line up; light and dark by `light-dark()`, phones
 * first, and paper. Colour never says what a word or a shape does not.
 */
export const STYLE = `
:root{color-scheme:light dark;
--page:light-dark(#f6f6f4,#14161a);--sheet:light-dark(#fff,#1b1e24);--sunk:light-dark(#f1f1ee,#15181d);
--line:light-dark(#dcdcd6,#323741);--ink:light-dark(#1c1e22,#e8eaee);--soft:light-dark(#575c66,#a7adb8);
--accent:light-dark(#3d3ac2,#a9b1ff);
--critical:light-dark(#a3123d,#ff8098);--high:light-dark(#b8400d,#ff9f66);--medium:light-dark(#835c00,#f0c552);
--low:light-dark(#2c6390,#86bbea);--info:light-dark(#5a626f,#aab2bf);--none:light-dark(#d4d5d1,#3d434e);
--pass:light-dark(#2a7a4c,#74cf9b);--not-visible:light-dark(#8b8f98,#7d8591);
--not-seen:light-dark(#c9cac6,#4a515d);--not-assessed:light-dark(#e2e2de,#333943);
--on:light-dark(#fff,#15171b)}
:root[data-theme=light]{color-scheme:light}:root[data-theme=dark]{color-scheme:dark}
*{box-sizing:border-box}
html{scroll-padding-top:3.6rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:break-word}
.wrap{max-width:1160px;margin:0 auto;padding:0 20px}
a{color:var(--accent);text-underline-offset:2px;text-decoration-thickness:1px}
a:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
h1,h2,h3,h4,h5,p,dl,dd,ul,ol{margin:0;padding:0}
h1{font-size:clamp(1.45rem,1.1rem + 1.6vw,2.1rem);line-height:1.2;letter-spacing:-.015em;font-weight:650;text-wrap:balance;max-width:32em}
h2{font-size:1.3rem;letter-spacing:-.01em;font-weight:650;margin:0 0 .7rem}
h3{font-size:1rem;font-weight:620}
h3.spaced{margin:1.6rem 0 .5rem}
h4{font-size:.84rem;font-weight:620;color:var(--soft);margin:1.3rem 0 .5rem}
h5{font-size:.97rem;font-weight:620;display:flex;flex-wrap:wrap;gap:.3rem .6rem;align-items:baseline}
section{padding:2.1rem 0 0}
.skip{position:absolute;left:-999px;top:0;background:var(--sheet);padding:.6rem 1rem;z-index:9}
.skip:focus{left:8px;top:8px}
.brand{display:flex;justify-content:space-between;align-items:center;padding:1.1rem 0 1.4rem;color:var(--soft);font-size:.87rem}
.brand strong{color:var(--ink);font-weight:680;letter-spacing:.01em}
.facts{color:var(--soft);margin-top:.7rem}
.file{color:var(--ink)}
nav{position:sticky;top:0;z-index:5;background:var(--page);border-bottom:1px solid var(--line);margin-top:1.4rem}
nav ul{display:flex;gap:.3rem 1.3rem;list-style:none;overflow-x:auto;scrollbar-width:none}
nav a{display:inline-block;padding:.7rem 0;color:var(--ink);text-decoration:none;white-space:nowrap;font-size:.92rem}
nav a:hover{color:var(--accent)}
nav .count{color:var(--soft);margin-left:.35em}
.lead{color:var(--soft);max-width:68ch;margin-bottom:.9rem}
.muted,.note{color:var(--soft)}
.note{font-size:.87rem;margin-top:.6rem}
.more{color:var(--soft);margin-top:.6rem}
.number{text-align:right;white-space:nowrap}
th.number[scope=row]{text-align:left}
.mono,code{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.87em}
.breakable{overflow-wrap:anywhere}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(250px,1fr));gap:14px}
.card{background:var(--sheet);border:1px solid var(--line);border-radius:10px;padding:1rem 1.15rem}
.card h3{color:var(--soft);font-size:.87rem;font-weight:560}
.figure{font-size:2.1rem;font-weight:640;line-height:1.15;letter-spacing:-.02em;margin:.1rem 0 .6rem}
svg.bar{display:block;width:100%;height:10px;border-radius:3px;overflow:hidden}
.legend{display:grid;grid-template-columns:repeat(auto-fill,minmax(104px,1fr));gap:.15rem 1rem;margin-top:.75rem;font-size:.87rem}
.legend div{display:flex;justify-content:space-between;gap:.5rem}
.legend dt{display:flex;align-items:center;gap:.45rem;color:var(--soft);white-space:nowrap}
.legend dd{font-weight:600}
.swatch{width:9px;height:9px;border-radius:2px;flex:none}
.first{list-style:none;background:var(--sheet);border:1px solid var(--line);border-radius:10px}
.first li{display:grid;grid-template-columns:5.2rem 1fr;gap:.2rem .9rem;padding:.75rem 1.15rem;align-items:baseline}
.first li+li{border-top:1px solid var(--line)}
.first .more{display:block;margin:0}
.first p{max-width:80ch;color:var(--soft);font-size:.93rem}
.first a{font-weight:600}
.badge{display:inline-block;position:relative;top:-.08em;min-width:4.6rem;text-align:center;font-size:.76rem;font-weight:640;line-height:1.35rem;padding:0 .55rem;border-radius:4px;color:var(--on);white-space:nowrap}
.badge.critical,.swatch.critical{background:var(--critical)}.badge.high,.swatch.high{background:var(--high)}
.badge.medium,.swatch.medium{background:var(--medium)}.badge.low,.swatch.low{background:var(--low)}
.badge.info,.swatch.info{background:var(--info)}
.swatch.none{background:var(--none)}.swatch.fail{background:var(--critical)}.swatch.pass{background:var(--pass)}
.swatch.not-visible{background:var(--not-visible)}.swatch.not-seen{background:var(--not-seen)}
.fill.critical,.fill.fail{fill:var(--critical)}.fill.high{fill:var(--high)}.fill.medium,.fill.partly{fill:var(--medium)}
.fill.low{fill:var(--low)}.fill.info{fill:var(--info)}.fill.none{fill:var(--none)}.fill.pass{fill:var(--pass)}
.fill.not-visible{fill:var(--not-visible)}.fill.not-seen{fill:var(--not-seen)}.fill.not-assessed{fill:var(--not-assessed)}
.pill{display:inline-block;font-size:.79rem;line-height:1.3rem;padding:0 .5rem;border-radius:4px;border:1px solid;white-space:nowrap}
.pill.critical{color:var(--critical)}.pill.high{color:var(--high)}.pill.medium{color:var(--medium)}.pill.low{color:var(--low)}.pill.info{color:var(--info)}
.pill.critical{font-weight:640}.pill.none{color:var(--soft);border-color:var(--line)}
.id{color:var(--soft);font-size:.84rem;font-weight:500;white-space:nowrap}
.items{display:grid;grid-template-columns:minmax(0,1fr);gap:6px}
.item{background:var(--sheet);border:1px solid var(--line);border-radius:8px}
.item[open]{border-color:light-dark(#bfc0ba,#4a515d)}
.item>summary{display:grid;grid-template-columns:auto minmax(0,auto) minmax(0,1fr) auto auto;gap:.2rem .8rem;align-items:baseline;padding:.6rem 2.2rem .6rem 1rem;cursor:pointer;list-style:none;position:relative}
.item>summary::-webkit-details-marker{display:none}
.item>summary::after{content:"";position:absolute;right:1rem;top:1.05rem;width:.42rem;height:.42rem;border:solid var(--soft);border-width:0 1.5px 1.5px 0;transform:rotate(45deg)}
.item[open]>summary::after{transform:rotate(225deg);top:1.25rem}
.item>summary:hover{background:var(--sunk)}
.item[open]>summary{border-bottom:1px solid var(--line)}
.item.device>summary{grid-template-columns:minmax(0,1.1fr) minmax(0,1.4fr) 8.6rem 19rem}
.device .what,.device .address{color:var(--soft);font-size:.92rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.device .address{font-size:.84rem}
.device summary h3{overflow-wrap:anywhere}
.who{color:var(--soft);font-size:.92rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.tallies{display:flex;flex-wrap:wrap;gap:.25rem;justify-content:flex-end}
.tally{color:var(--soft);font-size:.87rem;white-space:nowrap;min-width:4.6rem;text-align:right}
.item.standard>summary{grid-template-columns:minmax(14rem,1.2fr) minmax(6rem,1fr) minmax(16rem,1.6fr);align-items:center}
.standard .tally{white-space:normal;text-align:left}
.standard h3 .muted{font-weight:400}
.body{padding:.2rem 1rem 1.1rem}
.body.prose>p{max-width:76ch;margin-top:.7rem}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:0 2.2rem}
.pair>div{min-width:0}
.pairs{display:grid;grid-template-columns:minmax(0,1fr);gap:.22rem;font-size:.92rem}
.pairs div{display:grid;grid-template-columns:8.6rem 1fr;gap:.8rem}
.prose .pairs div{grid-template-columns:22rem 1fr}
.pairs dt{color:var(--soft)}
.pairs dd{min-width:0;overflow-wrap:anywhere}
.plain{list-style:none}
.affected{list-style:none;display:grid;grid-template-columns:minmax(0,1fr);gap:.15rem}
.finding{border-left:3px solid var(--none);padding:.1rem 0 .1rem .9rem;margin-top:.9rem}
.finding.critical{border-color:var(--critical)}.finding.high{border-color:var(--high)}.finding.medium{border-color:var(--medium)}.finding.low{border-color:var(--low)}.finding.info{border-color:var(--info)}
.finding>p{max-width:84ch;margin-top:.3rem}
.finding h5 a{color:inherit;text-decoration-color:var(--line)}
.finding h5 a:hover{text-decoration-color:currentColor}
:target{scroll-margin-top:4rem}
article:target{background:color-mix(in srgb,var(--accent) 8%,transparent);border-radius:0 6px 6px 0}
.evidence{list-style:none;margin-top:.5rem;font-size:.88rem}
.evidence>li{padding:.4rem 0;border-top:1px solid var(--line);display:grid;grid-template-columns:minmax(12rem,1fr) minmax(0,3.4fr);grid-template-rows:auto 1fr;align-items:start;gap:.1rem 1.2rem}
.evidence>li.muted{display:block}
.evidence .where{grid-row:span 2;color:var(--soft)}
.evidence .where time,.evidence .where span{display:block}
.flow{overflow-wrap:anywhere}
.fields{display:flex;flex-wrap:wrap;gap:.05rem 1.1rem}
.fields div{display:flex;gap:.4rem;min-width:0}
.fields dt{color:var(--soft);white-space:nowrap}
.fields dd{overflow-wrap:anywhere;min-width:0}
.filters{list-style:none;font-size:.88rem;border-top:1px solid var(--line);padding-top:.4rem}
.filter{background:var(--sunk);border:1px solid var(--line);border-radius:4px;padding:.1rem .4rem;user-select:all;overflow-wrap:anywhere}
button,input,select{font:inherit;color:inherit;background:var(--sheet);border:1px solid light-dark(#8d9099,#6b7280);border-radius:6px;padding:.3rem .7rem}
button{cursor:pointer}button:hover{border-color:var(--accent)}
button.copy{font-size:.8rem;padding:0 .5rem;margin-left:.4rem}
button.quiet{font-size:.87rem;border-color:var(--line);color:var(--soft)}
button[aria-pressed=true]{background:var(--accent);border-color:var(--accent);color:var(--on)}
.tools{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin-bottom:.7rem;font-size:.9rem}
.tools[hidden],[hidden]{display:none}
.tools input{flex:1 1 14rem;min-width:0}
.tools .chips{display:flex;flex-wrap:wrap;gap:.3rem}
.tools output{color:var(--soft)}
.tools label{display:flex;gap:.4rem;align-items:center;color:var(--soft)}
table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;color:var(--soft);padding-bottom:.4rem}
th,td{text-align:left;vertical-align:top;padding:.34rem .9rem .34rem 0;border-top:1px solid var(--line)}
thead th{color:var(--soft);font-weight:560;border-top:0;font-size:.84rem;white-space:nowrap}
tbody th{font-weight:500}
th:last-child,td:last-child{padding-right:0}
th.number,td.number{text-align:right}th.number[scope=row]{text-align:left}
.scroll{overflow-x:auto}
.provisions td:nth-child(3){min-width:20rem}
.result{white-space:nowrap;font-weight:600}
.result.fail{color:var(--critical)}.result.partly{color:var(--medium)}.result.pass{color:var(--pass)}.result.not-visible,.result.not-seen,.result.not-assessed{color:var(--soft);font-weight:500}
.matrix{width:auto}
.matrix th,.matrix td{padding:.3rem .7rem .3rem 0;vertical-align:middle}
.matrix td,.matrix thead th+th{text-align:center}
.matrix th[scope=row]{white-space:nowrap}
.sign{display:inline-block;min-width:1.5rem;text-align:center;border:1px solid;border-radius:4px;font-size:.79rem;line-height:1.25rem;font-weight:620}
.sign.clear{color:var(--high)}.sign.both{color:var(--medium)}.sign.encrypted{color:var(--pass)}.sign.unknown{color:var(--soft);font-weight:500}
.unspoken{color:var(--soft)}
.legend.signs{grid-template-columns:repeat(auto-fill,minmax(230px,1fr));margin:0 0 .8rem}
.sub{margin-top:.4rem}
.sub>summary{cursor:pointer;color:var(--ink);font-size:.92rem;padding:.15rem 0}
.sub ul{padding:.3rem 0 .4rem 1.1rem;font-size:.9rem;columns:2 26rem;column-gap:2rem}
.sub li{break-inside:avoid}
.glossary{display:grid;grid-template-columns:repeat(auto-fit,minmax(220px,1fr));gap:.8rem 1.6rem}
.glossary dt{font-weight:620}.glossary dd{color:var(--soft);font-size:.92rem}
.trouble{padding-left:1.1rem}
.map-frame{background:var(--sheet);border:1px solid var(--line);border-radius:10px}
svg.map{display:block;width:100%;min-width:760px;font-size:13px}
.map text{fill:var(--ink);dominant-baseline:central}
.map .before{text-anchor:end}.map .middle,.map .letter{text-anchor:middle}
.map .letter{fill:var(--on);font-size:11px;font-weight:700}
.map .zone{fill:var(--soft);font-size:12px}.map .zone.end{text-anchor:end}
.map .outside circle{fill:var(--sheet);stroke:var(--soft);stroke-width:1.5}
.map .halo{fill:var(--sheet);stroke:var(--line);stroke-width:1.2}
.map .none+.letter{fill:var(--ink)}
.map a{text-decoration:none}
.map a:hover text.before,.map a:focus-visible text.before,.map a:hover text.middle{text-decoration:underline}
.map a:focus-visible{outline:none}
.map a:focus-visible .fill{stroke:var(--accent);stroke-width:3}
.link{fill:none;stroke:var(--soft);stroke-linecap:round}
.link.clear{stroke:var(--high);stroke-dasharray:7 5}
.link.encrypted{stroke:var(--pass)}
.link.unknown{stroke:var(--soft);stroke-dasharray:.1 5;stroke-width:2.4}
.link.basic{stroke:var(--not-seen);stroke-width:1}
.map .link{opacity:.8}
.map.picked .link:not(.lit){opacity:.08}
.map.picked .node:not(.lit){opacity:.35}
.keys{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;list-style:none;font-size:.88rem;color:var(--soft);margin-bottom:.6rem}
.keys li{display:flex;gap:.5rem;align-items:center}
svg.key{width:44px;height:8px}svg.key .link{stroke-width:2.2}svg.key .link.basic{stroke-width:1;stroke:var(--soft)}
footer{color:var(--soft);font-size:.87rem;padding:2.4rem 0 3rem}
@media(max-width:900px){
.item.device>summary{grid-template-columns:1fr auto}
.device .what{grid-column:1/-1;grid-row:2}.device .address{grid-column:2;grid-row:1;text-align:right}.tallies{grid-column:1/-1;justify-content:flex-start}
.item.standard>summary{grid-template-columns:1fr}
.pair{grid-template-columns:1fr}
.prose .pairs div{grid-template-columns:1fr;gap:0}}
@media(max-width:640px){
.wrap{padding:0 14px}
.item>summary{grid-template-columns:auto 1fr auto;padding-left:.8rem}
.item:not(.device):not(.standard)>summary h3{grid-column:1/-1;grid-row:2}
.item:not(.device):not(.standard)>summary .tally{grid-column:3}
.who{grid-column:1/-1;grid-row:3}
.device .what{white-space:normal}
.body{padding:.1rem .8rem .9rem}
.first li{grid-template-columns:1fr}
.badge{min-width:0}.finding h5 a{order:1;flex-basis:100%}.first .badge{justify-self:start}
.evidence>li{grid-template-columns:1fr;grid-template-rows:none}
.pairs div{grid-template-columns:6.4rem 1fr}
th,td{padding-right:.6rem}}
@media(prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}.map .link,.map .node{transition:opacity .12s}}
@media(forced-colors:active){.badge,.swatch{forced-color-adjust:none}}
@media print{
:root,:root[data-theme]{color-scheme:light}
@page{margin:14mm}
html{font-size:12px}body{background:#fff;font-size:11px}
nav,.skip,.tools,.theme,.copy{display:none!important}
.wrap{max-width:none;padding:0}
details::details-content{content-visibility:visible!important;block-size:auto!important}
.item,.card,.first,.map-frame{border-color:#bbb}
.item>summary::after{display:none}
.item>summary{break-after:avoid}
.finding,.evidence>li,.card,.first li,tr{break-inside:avoid}
.scroll{overflow:visible}svg.map{min-width:0}
.device .what,.device .address{white-space:normal}
a{color:inherit;text-decoration:none}}
`;
