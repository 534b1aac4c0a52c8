defmodule EctoLibSql.PortableSql do
  @moduledoc false
  # Generated SQL runs on any SQLite from 3.40 and on libSQL servers, which have none of the driver's functions and
  # collations. Each statement that a repository of the tests runs is therefore compiled once more by Python's SQLite, on
  # the same file at that moment; a statement that names a function or collation of the driver fails the test that ran
  # it. Options that ask for such functions (`decimal_type: :exact`, `ilike: :unicode`) switch the check off.

  use GenServer

  alias Ecto.Adapters.LibSql.Types

  @server Path.join(__DIR__, "bare_sqlite.py")
  # Written by hand in a fragment of the suites: SQLite has it from 3.44 on.
  # libSQL servers have the functions on vectors as the driver has; no other SQL of the adapter names them.
  @allowed [
    "concat" | ~w(vector vector_extract vector_distance_cos vector_distance_l2 libsql_vector_idx)
  ]
  @missing ~r/^no such (function|collation sequence): (\S+)$/
  @functions ["decimal_add", "decimal_mul", "decimal_sub", "decimal_sum", "libsql_fold"]

  ## For tests

  @doc "Starts the check for these repositories, or prints why there is none."
  def start(repos) do
    case System.find_executable("python3") do
      nil ->
        IO.puts(
          "Skipping the check of generated SQL on a bare SQLite (python3 is not installed)."
        )

      python ->
        {:ok, _pid} = GenServer.start(__MODULE__, python, name: __MODULE__)
        events = for repo <- repos, do: repo.config()[:telemetry_prefix] ++ [:query]
        :ok = :telemetry.attach_many(__MODULE__, events, &__MODULE__.handle_query/4, nil)
    end
  end

  @doc "Checks what a repository, by its name or process, runs on its database. One in memory cannot be opened again."
  def watch(repo, options) do
    database = options[:database]

    if Process.whereis(__MODULE__) && database != ":memory:" do
      :ets.insert(__MODULE__, {repo, database, Map.new(options[:attach] || [])})
    end

    :ok
  end

  @doc "Raises if a statement on this database has named a function or collation of the driver since the last call."
  def verify!(database) do
    with pid when pid != nil <- Process.whereis(__MODULE__),
         [_ | _] = missing <- GenServer.call(pid, {:take, database}) do
      raise "SQL that no bare SQLite compiles:\n" <>
              Enum.map_join(missing, "\n", fn {what, sql} -> "  #{what}: #{sql}" end)
    end
  end

  @doc "What a bare SQLite lacks for this statement, or nil; `:skipped` where there is none."
  def missing(database, attach, sql) do
    if pid = Process.whereis(__MODULE__),
      do: GenServer.call(pid, {:missing, database, attach, sql}),
      else: :skipped
  end

  ## Collecting

  @doc false
  def handle_query(_event, _times, %{repo: repo, query: sql, result: {:ok, _}}, nil) do
    if Types.setting(:decimal_type, :numeric) == :numeric and
         Types.setting(:ilike, :ascii) == :ascii do
      for {_repo, database, attach} <- :ets.lookup(__MODULE__, repo.get_dynamic_repo()),
          do: GenServer.call(__MODULE__, {:check, database, attach, sql}, :infinity)
    end
  end

  def handle_query(_event, _times, _failed, nil), do: :ok

  ## The server

  @impl true
  def init(python) do
    port = Port.open({:spawn_executable, python}, [:binary, line: 1_000_000, args: [@server]])
    :ets.new(__MODULE__, [:named_table, :public])
    {:ok, %{port: port, seen: MapSet.new(), found: %{}}}
  end

  @impl true
  def handle_call({:check, database, attach, sql}, _from, %{seen: seen, found: found} = state) do
    key = {database, :erlang.md5(sql)}

    if key in seen do
      {:reply, :ok, state}
    else
      what = compile(state.port, database, attach, sql)

      found =
        if what, do: Map.update(found, database, [{what, sql}], &[{what, sql} | &1]), else: found

      {:reply, :ok, %{state | seen: MapSet.put(seen, key), found: found}}
    end
  end

  def handle_call({:missing, database, attach, sql}, _from, state),
    do: {:reply, compile(state.port, database, attach, sql), state}

  def handle_call({:take, database}, _from, %{found: found} = state) do
    {missing, found} = Map.pop(found, database, [])
    {:reply, missing, %{state | found: found}}
  end

  defp compile(port, database, attach, sql) do
    Port.command(port, [Jason.encode!(%{database: database, attach: attach, sql: sql}), ?\n])

    receive do
      {^port, {:data, {:eol, answer}}} ->
        case Regex.run(@missing, answer) do
          [_, _kind, name] -> if name not in @allowed, do: answer
          nil -> if answer != "", do: named(sql)
        end
    end
  end

  # A statement on a table that only its own transaction sees yet does not compile, so its text is searched.
  defp named(sql) do
    Enum.find_value(@functions, &if(sql =~ &1 <> "(", do: "no such function: #{&1}")) ||
      if sql =~ "COLLATE decimal", do: "no such collation sequence: decimal"
  end

  @doc "The driver's functions."
  def functions, do: @functions
end
