// Tabs that do not fit are scrolled sideways; the one we are on is always in sight.

for (const tab of document.querySelectorAll(".tabs [aria-current], .places [aria-current]")) {
  const row = tab.parentElement;
  row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
}
