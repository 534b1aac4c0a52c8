# `make bench`: the driver against a raw-C loop on the same SQLite, in one run. Prints a table, writes
# bench.json, and ends with status 1 if a goal is missed and BENCH_STRICT is set.
#
#   tools/bench            everything
#   tools/bench ecto       the rows of the Ecto adapter only
#   tools/bench memory     bench/memory.exs only

here = Path.dirname(__ENV__.file)
pool? = Code.ensure_loaded?(DBConnection)
support = ~w(fixture raw_c measure report state_target)

for name <- support ++ if(pool?, do: ["pool_target"], else: []) do
  Code.require_file("support/#{name}.exs", here)
end

Code.compiler_options(no_warn_undefined: [LibsqlBench.PoolTarget])
for name <- ~w(single concurrent), do: Code.require_file("#{name}.exs", here)

ecto? = Code.ensure_loaded?(Ecto.Adapters.LibSql)
if ecto?, do: Code.require_file("ecto.exs", here)
Code.compiler_options(no_warn_undefined: [LibsqlBench.PoolTarget, LibsqlBench.Ecto])

alias LibsqlBench.{Concurrent, Report, Single, StateTarget}

dir = Path.join(System.tmp_dir!(), "libsql-bench-#{System.os_time()}")
File.mkdir_p!(dir)

try do
  IO.puts("SQLite #{StateTarget.sqlite_version()}, #{System.schedulers_online()} schedulers")

  Report.header(if(ecto?, do: LibsqlBench.Ecto.peer(), else: ""))
  driver? = "ecto" not in System.argv()
  rows = if driver?, do: Single.run(dir, pool?) ++ Concurrent.run(dir, pool?), else: []
  rows = if ecto?, do: rows ++ LibsqlBench.Ecto.run(dir), else: rows
  Report.write_json(rows, "bench.json")
  missed = for %{met: false, workload: name} <- rows, do: name
  IO.puts("\n#{length(rows)} rows in bench.json, #{length(missed)} beyond their goal")
  if missed != [] and System.get_env("BENCH_STRICT"), do: exit({:shutdown, 1})
after
  File.rm_rf!(dir)
end
