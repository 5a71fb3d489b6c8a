"""Holds checkov's report to: everything read, nothing failed, and a reason for everything that is let pass."""

import json
import sys

LEAST = 250

with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
try:
    report = json.loads(text)
except ValueError:
    sys.exit(f"checkov gave no report: {text[-2000:]}")
if not isinstance(report, dict) or "summary" not in report:
    sys.exit("checkov found nothing to scan")

summary, results = report["summary"], report["results"]
faults = [f"{file} could not be read, and was not scanned" for file in results.get("parsing_errors", [])]
if summary["parsing_errors"] and not faults:
    faults.append(f"{summary['parsing_errors']} files could not be read, and were not scanned")
faults += [
    f"{check['file_path'].lstrip('/')}:{check['file_line_range'][0]}: {check['check_id']} {check['check_name']} ({check['resource']})"
    for check in results.get("failed_checks", [])
]
faults += [
    f"{check['file_path'].lstrip('/')}: {check['check_id']} is let pass without a reason"
    for check in results.get("skipped_checks", [])
    if len(check["check_result"].get("suppress_comment") or "") < 20
]
if summary["failed"] and not results.get("failed_checks"):
    faults.append(f"{summary['failed']} checks failed")
if len(results.get("skipped_checks", [])) != summary["skipped"]:
    faults.append("the report does not show what is let pass")
if summary["passed"] < LEAST:
    faults.append(f"only {summary['passed']} checks passed, {LEAST} are the least: something was not scanned")

for line in sorted(set(faults)):
    print(line)
if faults:
    sys.exit(1)
print(f"checkov: {summary['passed']} passed, 0 failed, {summary['skipped']} let pass with a reason, {summary['resource_count']} resources")
