#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes one HTML page, with nothing loaded from elsewhere, from the figures of shm-bench.

usage: report.py RESULTS.json REPORT.html
"""
import argparse
import sys

sys.dont_write_bytecode = True  # the source tree stays as it is

import page  # noqa: E402
import results  # noqa: E402


def main():
    parser = argparse.ArgumentParser(prog="report.py", description="Makes one HTML page from the figures of shm-bench.")
    parser.add_argument("results", metavar="RESULTS.json", help="what shm-bench wrote")
    parser.add_argument("report", metavar="REPORT.html", help="the page to write")
    arguments = parser.parse_args()
    try:
        written = page.page(results.load(arguments.results))
        with open(arguments.report, "w", encoding="utf-8") as file:
            file.write(written)
    except results.BadResults as error:
        return f"report.py: {error}"
    except OSError as error:
        return f"report.py: cannot write {arguments.report}: {error.strerror}"
    return 0


if __name__ == "__main__":
    sys.exit(main())
