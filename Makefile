# Everything there is to run. Each target does its own set-up.

SWIFT_CHECKS := --explicit-target-dependency-import-check error
WAYBILL := .build/release/waybill

.PHONY: run test build check demo bench setup lint rooms format clean

run: build ## Start every service in one process, with a broker of its own, data in ./data
	$(WAYBILL) up

test: setup ## Pass all tests
	swift build --build-tests $(SWIFT_CHECKS)
	scripts/test.sh

check: ## What the pipeline runs: lint, rooms, build with warnings as errors, tests
	@scripts/setup.sh python3 python3-venv docker-compose
	scripts/check

build: setup ## The program, at .build/release/waybill
	swift build -c release --product waybill

demo: build ## Start a stack of its own, play every story against it, stop it
	scripts/demo.sh $(WAYBILL)

bench: setup ## Measure, beside peers, and print the tables
	scripts/bench.sh

.PHONY: compose-check image image-check image-root
compose-check: ## Read docker-compose.yml as docker-compose does, and hold it to the program's services
	@scripts/setup.sh docker-compose python3-venv
	scripts/check-deploy.sh compose

image: ## Build the image, as waybill:development
	docker build --tag waybill:development --build-arg REVISION=$$(git rev-parse HEAD) .

image-check: ## Read the Dockerfile: hadolint, and what it does not know of us
	@scripts/setup.sh python3-venv
	scripts/check-deploy.sh image

image-root: setup ## Do the image's last stage in a clean Debian and run the program there; needs root, no engine
	swift build -c release --product waybill --static-swift-stdlib --scratch-path .build/static
	scripts/image-root.sh .build/static/release/waybill

.PHONY: terraform-check terraform-apply-local
terraform-check: ## Check terraform/ without an account: format, validity, tests with a mock, checkov
	@scripts/setup.sh python3 python3-venv
	scripts/terraform-check.sh

terraform-apply-local: ## Apply terraform/ to a simulator of AWS, plan again, destroy; about five minutes
	@scripts/setup.sh python3 python3-venv
	scripts/terraform-apply-local.sh

.PHONY: restore-drill
restore-drill: build ## Lose machines, and look what was lost with them; about a minute
	@scripts/setup.sh python3 python3-venv curl
	scripts/restore-drill.sh $(WAYBILL)

setup: ## Install the Debian packages that are missing
	@scripts/setup.sh

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Benchmarks

format:
	swift format --in-place --recursive Package.swift Sources Tests Benchmarks

rooms:
	scripts/check-rooms.sh

clean:
	rm -rf .build
