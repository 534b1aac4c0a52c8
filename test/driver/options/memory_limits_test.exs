defmodule EctoLibSql.Options.MemoryLimitsTest do
  # Limits of the whole VM. The tests run in a VM of their own where they would change that of the others.
  use EctoLibSql.DriverCase, async: true

  @other_vm """
  refused = fn opts ->
    {:error, error} = EctoLibSql.connect([database: ":memory:"] ++ opts)
    error.message
  end

  {:ok, state} = EctoLibSql.connect(database: ":memory:", soft_heap_limit: 50_000_000, hard_heap_limit: 60_000_000)
  {:ok, _} = EctoLibSql.connect(database: ":memory:")
  {:ok, _} = EctoLibSql.connect(database: ":memory:", soft_heap_limit: 50_000_000, hard_heap_limit: 60_000_000)
  IO.puts(refused.(soft_heap_limit: 1, hard_heap_limit: 60_000_000))

  for sql <- ["PRAGMA soft_heap_limit", "PRAGMA hard_heap_limit"] do
    {:ok, _, %{rows: [[limit]]}, _} = EctoLibSql.handle_execute(sql, [], [], state)
    IO.puts("\#{sql} \#{limit}")
  end

  {:error, error, _} = EctoLibSql.handle_execute("SELECT randomblob(90000000)", [], [], state)
  IO.puts(error.sqlite.code)
  """

  test "the first connection sets them, a different value names both, and SQLite obeys" do
    assert [refused, soft, hard, code] =
             @other_vm |> EctoLibSql.OtherVM.output() |> String.split("\n", trim: true)

    assert refused =~ "(soft 50000000, hard 60000000) already: (soft 1, hard 60000000) is refused"
    assert soft == "PRAGMA soft_heap_limit 50000000"
    assert hard == "PRAGMA hard_heap_limit 60000000"
    assert code == "nomem"
  end

  @tag :local_file
  test "after the first connection a limit is refused, as an option and as a PRAGMA" do
    state = open!()
    assert {:error, error} = EctoLibSql.connect(database: ":memory:", hard_heap_limit: 1_000_000)
    assert error.message =~ "the whole process, and are (soft 0, hard 0) already"

    for sql <- ["PRAGMA soft_heap_limit = 1000000", "PRAGMA main.hard_heap_limit(5)"] do
      assert {:error, error, _} = EctoLibSql.handle_execute(sql, [], [], state)
      assert error.message =~ "config :ecto_libsql, soft_heap_limit"
    end

    assert run!(state, "PRAGMA soft_heap_limit").rows == [[0]]
  end
end
