defmodule EctoLibSql.Connection.StatementCacheTest do
  # Compiled statements that a connection keeps, and its counters.
  use EctoLibSql.DriverCase, async: true

  @tag :local
  test "stats/1 counts cache hits and misses" do
    state = open!()
    run!(state, "SELECT 123")
    {:ok, before} = Native.stats(state)
    for _ <- 1..10, do: run!(state, "SELECT 123")
    {:ok, later} = Native.stats(state)
    assert later.cache_hits - before.cache_hits == 10
    assert later.cache_misses == before.cache_misses
    run!(state, "SELECT 124")
    {:ok, last} = Native.stats(state)
    assert last.cache_misses == later.cache_misses + 1
  end

  @tag :local
  test "statement_cache_size limits the number of cached statements" do
    state = open!(statement_cache_size: 3)
    for n <- 1..10, do: run!(state, "SELECT #{n}")
    assert {:ok, %{cache_entries: 3}} = Native.stats(state)
  end

  @tag :local
  test "a repeated statement is compiled once" do
    state = open!()
    run!(state, "CREATE TABLE t (id INTEGER PRIMARY KEY)")
    run!(state, "SELECT id FROM t WHERE id = ?", [0])
    {:ok, before} = Native.stats(state)
    for n <- 1..50, do: run!(state, "SELECT id FROM t WHERE id = ?", [n])
    {:ok, later} = Native.stats(state)
    assert later.cache_hits - before.cache_hits == 50
    assert later.cache_misses == before.cache_misses
  end
end
