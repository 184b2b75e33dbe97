// Drives the clients that GitHub's own actions are made of. What it finds goes to stdout, one line `== name json` each.
import { createHash, randomBytes } from "node:crypto"
import fs from "node:fs"
import path from "node:path"
import { DefaultArtifactClient } from "@actions/artifact"
import * as cache from "@actions/cache"
import * as core from "@actions/core"
import * as github from "@actions/github"

const MEGABYTE = 1024 * 1024
const tell = (name, value) => process.stdout.write(`== ${name} ${JSON.stringify(value)}\n`)
const temp = process.env.RUNNER_TEMP

function sha256(file) {
  return createHash("sha256").update(fs.readFileSync(file)).digest("hex")
}

function write(file, megabytes) {
  const sink = fs.openSync(file, "w")
  for (let count = 0; count < megabytes; count++) fs.writeSync(sink, randomBytes(MEGABYTE))
  fs.closeSync(sink)
}

async function artifacts(megabytes) {
  const client = new DefaultArtifactClient()
  write("big.bin", megabytes)
  fs.writeFileSync("small.txt", "small\n")
  const sent = await client.uploadArtifact("whole thing", ["big.bin", "small.txt"], ".", { retentionDays: 3, compressionLevel: 0 })
  const again = await client.uploadArtifact("whole thing", ["small.txt"], ".").catch((error) => error.message)
  const listed = await client.listArtifacts()
  const { artifact } = await client.getArtifact("whole thing")
  const target = path.join(temp, "fetched")
  const got = await client.downloadArtifact(artifact.id, { path: target, expectedHash: artifact.digest })
  tell("artifact", {
    sent, again, artifact, listed: listed.artifacts.map((each) => each.name), mismatch: got.digestMismatch,
    same: sha256("big.bin") === sha256(path.join(target, "big.bin")), files: fs.readdirSync(target).sort(),
  })
  const raw = await client.uploadArtifact("ignored", ["small.txt"], ".", { skipArchive: true })
  const rawTarget = path.join(temp, "raw")
  await client.downloadArtifact(raw.id, { path: rawTarget })
  tell("raw", { files: fs.readdirSync(rawTarget), words: fs.readFileSync(path.join(rawTarget, "small.txt"), "utf8") })
  const gone = await client.deleteArtifact("small.txt")
  tell("deleted", { gone, left: (await client.listArtifacts()).artifacts.map((each) => each.name) })
  const missing = await client.getArtifact("nothing").catch((error) => error.name)
  tell("missing", missing)
}

async function caches(key) {
  fs.mkdirSync("stuff", { recursive: true })
  fs.writeFileSync("stuff/note", "kept\n")
  const miss = await cache.restoreCache(["stuff"], key, ["none-"])
  const saved = await cache.saveCache(["stuff"], key)
  const twice = await cache.saveCache(["stuff"], key)
  fs.rmSync("stuff", { recursive: true })
  const hit = await cache.restoreCache(["stuff"], key)
  const words = fs.readFileSync("stuff/note", "utf8")
  const prefix = await cache.restoreCache(["stuff"], "other", ["none-", key.slice(0, 4)], { lookupOnly: true })
  tell("cache", { miss: miss ?? null, saved: saved > 0, twice, hit, words, prefix, there: cache.isFeatureAvailable() })
}

async function identity(audience) {
  tell("identity", { token: Buffer.from(await core.getIDToken(audience)).toString("hex") })
}

async function rest(token) {
  const { owner, repo } = github.context.repo
  const octokit = github.getOctokit(token)
  const found = { repo: (await octokit.rest.repos.get({ owner, repo })).data.full_name }
  const commit = await octokit.rest.repos.getCommit({ owner, repo, ref: github.context.sha })
  found.commit = commit.data.sha
  found.branches = (await octokit.paginate(octokit.rest.repos.listBranches, { owner, repo })).map((each) => each.name)
  const file = await octokit.rest.repos.getContent({ owner, repo, path: "app" })
  found.content = Buffer.from(file.data.content, "base64").toString()
  const issue = await octokit.rest.issues.create({ owner, repo, title: "From a job", body: "Said by octokit." })
  const number = issue.data.number
  await octokit.rest.issues.createComment({ owner, repo, issue_number: number, body: "And a word more." })
  const comments = await octokit.rest.issues.listComments({ owner, repo, issue_number: number })
  found.issue = { number, comments: comments.data.map((each) => each.body) }
  await octokit.rest.issues.addLabels({ owner, repo, issue_number: number, labels: ["bug"] })
  found.labels = (await octokit.rest.issues.get({ owner, repo, issue_number: number })).data.labels.map((each) => each.name)
  const sha = github.context.sha
  await octokit.rest.repos.createCommitStatus({ owner, repo, sha, state: "success", context: "octokit", description: "fine" })
  const statuses = await octokit.rest.repos.getCombinedStatusForRef({ owner, repo, ref: sha })
  found.statuses = statuses.data.statuses.map((each) => `${each.context}:${each.state}`)
  const list = await octokit.rest.actions.listArtifactsForRepo({ owner, repo })
  found.artifacts = list.data.artifacts.map((each) => each.name)
  const across = new DefaultArtifactClient()
  const findBy = { token, workflowRunId: github.context.runId, repositoryOwner: owner, repositoryName: repo }
  const { artifact } = await across.getArtifact("whole thing", { findBy })
  const target = path.join(temp, "across")
  await across.downloadArtifact(artifact.id, { path: target, findBy })
  found.across = fs.readdirSync(target).sort()
  found.refused = await octokit.rest.repos.createDeployment({ owner, repo, ref: sha }).catch((error) => [error.status, error.message])
  found.forbidden = await octokit.rest.actions.createWorkflowDispatch({ owner, repo, workflow_id: "x.yml", ref: "main" }).catch((error) => error.status)
  tell("rest", found)
}

async function pulls(token) {
  const { owner, repo } = github.context.repo
  const octokit = github.getOctokit(token)
  const caught = (error) => [error.status, error.message]
  const { data: made } = await octokit.rest.pulls.create({ owner, repo, title: "From a job", head: "topic", base: "main" })
  const pull_number = made.number
  const found = { number: pull_number, title: made.title, head: made.head.ref }
  const again = await octokit.rest.pulls.create({ owner, repo, title: "x", head: "topic", base: "main" }).catch(caught)
  found.again = again[0]
  await octokit.rest.pulls.update({ owner, repo, pull_number, body: "Said by octokit." })
  found.listed = (await octokit.paginate(octokit.rest.pulls.list, { owner, repo, per_page: 1 })).map((each) => each.body)
  found.files = (await octokit.paginate(octokit.rest.pulls.listFiles, { owner, repo, pull_number, per_page: 1 }))
    .map((each) => `${each.status} ${each.filename}`)
  found.commits = (await octokit.paginate(octokit.rest.pulls.listCommits, { owner, repo, pull_number }))
    .map((each) => each.commit.message)
  found.reviews = (await octokit.rest.pulls.listReviews({ owner, repo, pull_number })).data
  const compared = await octokit.rest.repos.compareCommitsWithBasehead({ owner, repo, basehead: "main...topic" })
  found.compared = [compared.data.status, compared.data.ahead_by, compared.data.files.length]
  const head_sha = made.head.sha
  const check = await octokit.rest.checks.create({ owner, repo, name: "mine", head_sha, status: "in_progress" })
  await octokit.rest.checks.update({ owner, repo, check_run_id: check.data.id, conclusion: "success" })
  const checks = await octokit.rest.checks.listForRef({ owner, repo, ref: head_sha, check_name: "mine" })
  found.checks = checks.data.check_runs.map((each) => each.conclusion)
  found.deployments = (await octokit.rest.repos.listDeployments({ owner, repo })).data
  found.merged = (await octokit.rest.pulls.merge({ owner, repo, pull_number, sha: head_sha, merge_method: "squash" })).data
  found.isMerged = (await octokit.rest.pulls.checkIfMerged({ owner, repo, pull_number })).status
  await octokit.rest.actions.createWorkflowDispatch({ owner, repo, workflow_id: "hand.yml", ref: "main", inputs: { who: "Ada" } })
  await octokit.rest.repos.createDispatchEvent({ owner, repo, event_type: "shipped", client_payload: { to: "Seoul" } })
  found.nothing = await octokit.request("GET /repos/{owner}/{repo}/nonsense", { owner, repo }).catch(caught)
  found.invalid = await octokit.rest.pulls.create({ owner, repo, title: "x", head: "none", base: "main" }).catch(caught)
  tell("pulls", found)
}

async function raw() {
  fs.writeFileSync("left.txt", "left\n")
  await new DefaultArtifactClient().uploadArtifact("ignored", ["left.txt"], ".", { skipArchive: true })
}

const parts = core.getInput("parts").split(" ")
if (parts.includes("artifacts")) await artifacts(Number(core.getInput("megabytes") || "20"))
if (parts.includes("raw")) await raw()
if (parts.includes("caches")) await caches(core.getInput("key") || "deps-1")
if (parts.includes("identity")) await identity(core.getInput("audience"))
if (parts.includes("rest")) await rest(core.getInput("token"))
if (parts.includes("pulls")) await pulls(core.getInput("token"))
