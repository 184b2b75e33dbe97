"""Caches and artifacts that actions in JavaScript ask for, as GitHub's clients do, and no house far and wide."""

import shutil

import pytest

from tests.local.conftest import Folder

ASKS = """\
    const asked = async (service, method, words) => {
      const url = `${process.env.ACTIONS_RESULTS_URL}twirp/github.actions.results.api.v1.${service}/${method}`;
      const authorization = `Bearer ${process.env.ACTIONS_RUNTIME_TOKEN}`;
      const headers = {"content-type": "application/json", authorization};
      const answer = await fetch(url, {method: "POST", headers, body: JSON.stringify(words)});
      return answer.json();
    };
    (async () => {
      const cache = {key: "deps-2", version: "v".repeat(64)};
      const found = await asked("CacheService", "GetCacheEntryDownloadURL", {...cache, restore_keys: ["deps-"]});
      if (found.ok) {
        console.log(`found ${found.matched_key}: ${await (await fetch(found.signed_download_url)).text()}`);
        return;
      }
      console.log("nothing found");
      const made = await asked("CacheService", "CreateCacheEntry", cache);
      const headers = {"x-ms-blob-type": "BlockBlob"};
      await fetch(made.signed_upload_url, {method: "PUT", headers, body: "all of it"});
      const kept = await asked("CacheService", "FinalizeCacheEntryUpload", {...cache, size_bytes: "9"});
      console.log(`kept ${kept.ok}`);
    })();
    """


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_a_cache_is_there_for_the_next_run_of_the_same_folder(folder: Folder) -> None:
    folder.write("cache/action.yml", "runs: {using: node20, main: index.js}")
    folder.write("cache/index.js", ASKS)
    folder.workflow("on: push\njobs: {a: {runs-on: x, steps: [{uses: ./cache}]}}")

    first, second = folder.run("--json"), folder.run("--json")

    assert (first.code, second.code) == (0, 0), first.out + second.out
    assert {"nothing found", "kept true"} <= set(first.words_of("a"))
    assert "found deps-2: all of it" in second.words_of("a")
