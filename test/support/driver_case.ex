defmodule EctoLibSql.DriverCase do
  @moduledoc false
  # Helpers of the driver's tests: connections that end with the test, temporary folders, short functions for SQL,
  # waiting for a condition with a deadline.

  use ExUnit.CaseTemplate

  alias EctoLibSql.{Error, Result, State, Suite, SuiteServers}

  using do
    quote do
      import EctoLibSql.DriverCase
      alias EctoLibSql.{Error, Native, Query, Result, State, Suite}
    end
  end

  @endless "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"

  # A query that ends only when it is stopped.
  def endless, do: @endless

  # Opens a connection that belongs to the calling process; in memory by default.
  def open!(options \\ []) do
    {:ok, %State{} = state} =
      options |> Keyword.put_new(:database, ":memory:") |> Suite.options() |> EctoLibSql.connect()

    state
  end

  def file!(path, options \\ []), do: open!([database: path] ++ options)

  # A folder of the test's own, removed when it ends.
  def temp_folder do
    name = "ecto_libsql-#{System.pid()}-#{System.unique_integer([:positive])}"
    folder = Path.join(System.tmp_dir!(), name)
    File.mkdir_p!(folder)
    # A pool of the test may still be closing its files, which come and go meanwhile.
    ExUnit.Callbacks.on_exit(fn ->
      SuiteServers.release(folder)
      eventually(fn -> match?({:ok, _}, File.rm_rf(folder)) end)
    end)

    folder
  end

  def temp_file(name \\ "test.db"), do: Path.join(temp_folder(), name)

  # Runs SQL that must succeed and returns its result.
  def run!(state, sql, arguments \\ [], options \\ []) do
    case EctoLibSql.handle_execute(sql, arguments, options, state) do
      {:ok, _query, %Result{} = result, %State{}} -> result
      other -> flunk("expected #{inspect(sql)} to succeed, got: #{inspect(other)}")
    end
  end

  def rows!(state, sql, arguments \\ []), do: run!(state, sql, arguments).rows

  # The one value of a query's one row.
  def value!(state, sql, arguments \\ []) do
    [[value]] = rows!(state, sql, arguments)
    value
  end

  # Runs SQL that must fail and returns the error.
  def error!(state, sql, arguments \\ [], options \\ []) do
    case EctoLibSql.handle_execute(sql, arguments, options, state) do
      {:error, %Error{} = error, %State{}} -> error
      other -> flunk("expected #{inspect(sql)} to fail, got: #{inspect(other)}")
    end
  end

  # The error of a call that was stopped, by its timeout or an interrupt. The code is SQLite's where SQLite has been stopped; a
  # server's answer is not waited for.
  def stopped?(%Error{kind: kind, sqlite: %{code: code}}) do
    if Suite.server?(),
      do: kind in [:timeout, :interrupted],
      else: code == :interrupt
  end

  # The connection still answers, reads and writes.
  def assert_usable(state) do
    assert [[2]] = rows!(state, "SELECT 1 + 1")
    # A server has no temporary tables, or forgets them between two requests.
    temporary = if Suite.server?(), do: "", else: "TEMP"
    run!(state, "CREATE #{temporary} TABLE IF NOT EXISTS usable_probe (x)")
    assert %Result{num_rows: 1} = run!(state, "INSERT INTO usable_probe VALUES (1)")
    if Suite.server?(), do: run!(state, "DROP TABLE usable_probe")
    state
  end

  def begin!(state, options \\ []) do
    {:ok, :begin, state} = EctoLibSql.handle_begin(options, state)
    state
  end

  def commit!(state) do
    {:ok, %Result{}, state} = EctoLibSql.handle_commit([], state)
    state
  end

  def rollback!(state) do
    {:ok, %Result{}, state} = EctoLibSql.handle_rollback([], state)
    state
  end

  # Waits until `fun` returns a true value, and returns it.
  def eventually(fun, timeout \\ 5_000) do
    poll(fun, System.monotonic_time(:millisecond) + timeout)
  end

  defp poll(fun, deadline) do
    cond do
      value = fun.() ->
        value

      System.monotonic_time(:millisecond) > deadline ->
        flunk("the condition was not met in time")

      true ->
        receive do
        after
          5 -> poll(fun, deadline)
        end
    end
  end

  # Runs `fun` in a process that then stays until it is killed or the test ends; returns the process and the value of
  # `fun`.
  def hold(fun) do
    test = self()

    pid =
      spawn_link(fn ->
        send(test, {self(), :held, fun.()})
        Process.sleep(:infinity)
      end)

    receive do
      {^pid, :held, value} -> {pid, value}
    after
      10_000 -> flunk("the process did not get there")
    end
  end

  # Kills a process, linked or not, and waits until it is gone.
  def kill(pid) do
    Process.unlink(pid)
    monitor = Process.monitor(pid)
    Process.exit(pid, :kill)

    receive do
      {:DOWN, ^monitor, _, _, _} -> :ok
    after
      5_000 -> flunk("the process did not die")
    end
  end

  # The milliseconds that `fun` took, and its value.
  def timed(fun) do
    {microseconds, value} = :timer.tc(fun)
    {div(microseconds, 1000), value}
  end
end
