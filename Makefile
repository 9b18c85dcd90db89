# Trợ lý xã. `make help` lists the commands; tools/bootstrap.py builds what they need.
PYTHON ?= python3
BOOTSTRAP_FLAGS ?=
BOOTSTRAP := $(PYTHON) tools/bootstrap.py $(BOOTSTRAP_FLAGS)
PY := .venv/bin/python
BOT := $(PY) -m bot

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev train run test test-fast lint format evaluate fit bench ask check clean

help: ## Các lệnh
	@echo "Trợ lý xã - các lệnh:"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r n t; do printf '  make %-10s %s\n' "$$n" "$$t"; done
	@echo "Thử nhanh: make run, rồi mở địa chỉ được in ra."

setup: ## Cài các môi trường Python
	@$(BOOTSTRAP)

setup-dev:
	@$(BOOTSTRAP) --dev

train: setup ## Huấn luyện Rasa khi dữ liệu đổi
	@$(BOT) train >&2

run: setup ## Cài đặt, huấn luyện và chạy tất cả trên máy này (Ctrl-C để dừng)
	@$(BOT) train --or-keep >&2
	@exec $(BOT) run --parent $$PPID

ask: setup ## JSON lines từ đầu vào chuẩn, JSON lines ra đầu ra chuẩn (make -s ask)
	@$(BOT) train --or-keep </dev/null >&2
	@exec $(BOT) ask

check: setup ## Kiểm tra faq_data, rasa_project và các dịch vụ
	@$(BOT) check

test: ## Cài đặt và chạy mọi kiểm thử
	@$(BOOTSTRAP) --dev --for-tests
	@$(BOT) train >&2
	@$(PY) tools/run_tests.py

test-fast: setup-dev ## Chỉ các kiểm thử nhanh
	@$(PY) tools/run_tests.py --fast

lint: ## ruff và mypy
	@$(BOOTSTRAP) --dev --no-rasa
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

format: ## Sửa cách trình bày mã
	@$(BOOTSTRAP) --dev --no-rasa
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

evaluate: setup-dev ## Đo độ đúng của phần hiểu câu hỏi
	@$(BOT) train >&2
	@$(BOT) evaluate

fit: setup-dev ## Tính lại trọng số và độ chắc chắn của phần hiểu câu hỏi
	@$(BOT) train --no-guard >&2
	@$(PY) -m benchmarks.evaluation.fit

bench: setup-dev ## Đo tốc độ, so với kênh Facebook của Rasa
	@$(BOT) train >&2
	@$(PY) -m benchmarks

clean: ## Xoá môi trường, mô hình, bộ nhớ đệm (giữ dữ liệu trong var/)
	rm -rf .venv rasa_project/.venv var/tools var/log var/run rasa_project/models rasa_project/data/generated
	rm -rf rasa_project/.rasa rasa_project/results .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
