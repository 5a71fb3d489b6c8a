#!/usr/bin/env bash
# Holds each room to the imports its door list allows. The manifest says the same of targets; this also
# catches what a sibling's module would let through, and keeps services apart from each other.
set -euo pipefail
cd "$(dirname "$0")/.."

standard="Foundation Synchronization Dispatch Glibc Swift"
speech="Logging Metrics Tracing ServiceContextModule ServiceLifecycle"
failed=0

allow() { # folder, then the modules it may import
  local folder=$1
  shift
  [ -d "$folder" ] || { echo "There is no room $folder"; failed=1; return; }
  local allowed=" $standard $speech $* "
  while IFS=: read -r file line text; do
    local module
    module=$(sed -E 's/^(@[A-Za-z_()]+ +)*((public|internal|package|fileprivate|private) +)?import +((struct|class|enum|func|protocol) +)?([A-Za-z0-9_]+).*/\6/' <<<"$text")
    if [[ "$allowed" != *" $module "* ]]; then
      echo "$file:$line: this room may not import $module"
      failed=1
    fi
  done < <(grep -rnE '^(@[A-Za-z_()]+ +)*((public|internal|package|fileprivate|private) +)?import ' \
    --include='*.swift' "$folder" || true)
}

allow Sources/Kafka CRdKafka
allow Sources/Storage GRDB
allow Sources/Messaging Kafka Storage GRDB
allow Sources/HTTPAPI Storage GRDB Hummingbird HTTPTypes JWTKit Crypto AsyncHTTPClient NIOCore NIOHTTP1 NIOPosix NIOFoundationCompat
allow Sources/Telemetry CoreMetrics Instrumentation
allow Sources/Jobs Messaging Resilience Storage GRDB
allow Sources/Resilience
allow Sources/Simulators Hummingbird HTTPTypes AsyncHTTPClient NIOCore NIOHTTP1 NIOPosix NIOFoundationCompat Crypto
allow Sources/Contracts Messaging
allow Sources/Hosting HTTPAPI HTTPTypes Jobs Messaging Storage
for service in Sources/Services/*/; do
  own=
  # Passwords are hashed on threads of their own.
  [ "$service" = Sources/Services/Administration/ ] && own="Crypto CryptoExtras NIOPosix"
  # Calls its target, and checks its sources' signatures.
  [ "$service" = Sources/Services/Gateway/ ] && own="Crypto AsyncHTTPClient NIOCore NIOHTTP1 NIOFoundationCompat"
  # Asks the services that it depends on.
  [ "$service" = Sources/Services/Orders/ ] && own="AsyncHTTPClient NIOCore NIOHTTP1 NIOFoundationCompat"
  # shellcheck disable=SC2086
  allow "${service%/}" Contracts Hosting HTTPAPI HTTPTypes Messaging Storage Jobs Resilience GRDB $own
  for domain in "$service"Domain/; do [ -d "$domain" ] && allow "${domain%/}" Contracts Messaging; done
done

# Unsafe code lives in Kafka/ alone.
if grep -rnE 'Unsafe(Mutable)?(Raw)?(Buffer)?Pointer|Unmanaged|@unchecked' --include='*.swift' Sources |
  grep -vE '^Sources/(Kafka)/' | grep -vE 'rooms:allow'; then
  echo "Unsafe code outside Sources/Kafka"
  failed=1
fi

# A misspelt upcoming feature is ignored in silence by the compiler.
for feature in ExistentialAny InternalImportsByDefault MemberImportVisibility \
  NonisolatedNonsendingByDefault InferIsolatedConformances; do
  grep -q "enableUpcomingFeature(\"$feature\")" Package.swift || { echo "Package.swift: $feature is not enabled"; failed=1; }
  swiftc -print-supported-features 2>/dev/null | grep -q "\"$feature\"" || { echo "The compiler does not know the feature $feature"; failed=1; }
done

# What tests share stays with the tests.
if tr '\n' ' ' <Package.swift | grep -oE '\.(room|service)\( *"[A-Za-z]+", *\[[^]]*Testing"'; then
  echo "Package.swift: a room depends on what is there for tests"
  failed=1
fi

exit $failed
