defmodule Ecto.Adapters.LibSql.MigrationLock do
  @moduledoc false
  # One migrator at a time, over all nodes that share the database: a row that names its owner and when
  # it ends. It is written in a transaction of its own, so the migrations' transactions are free, and no
  # connection is held meanwhile, so that a pool of one is enough.
  #
  # A row outlives a killed migrator. It is taken over when it has ended, or at once when its owner was a
  # process of this machine that is gone.

  require Logger

  alias Ecto.Adapters.LibSql.SQL.Quote

  @term_seconds 600
  @interval 200

  @spec with_lock(Ecto.Adapter.adapter_meta(), keyword(), (() -> result)) :: result
        when result: term()
  def with_lock(meta, opts, fun) do
    config = meta.repo.config()

    if Keyword.get(config, :migration_lock, true) do
      lock = lock(meta, opts, config)
      acquire(lock, System.monotonic_time(:millisecond))

      try do
        fun.()
      after
        release(lock)
      end
    else
      fun.()
    end
  end

  defp lock(meta, opts, config) do
    source =
      Keyword.get(opts, :migration_source, config[:migration_source] || "schema_migrations")

    %{
      meta: meta,
      table: Quote.table(opts[:prefix], "#{source}_lock"),
      owner: "#{host()} #{System.pid()} #{inspect(self())} #{System.unique_integer([:positive])}",
      term: Keyword.get(config, :migration_lock_term, @term_seconds),
      opts: [log: false, timeout: :infinity, telemetry_options: [schema_migration: true]]
    }
  end

  defp host do
    {:ok, name} = :inet.gethostname()
    to_string(name)
  end

  defp acquire(lock, started) do
    query!(lock, [
      ["CREATE TABLE IF NOT EXISTS ", lock.table, " (id INTEGER PRIMARY KEY CHECK (id = 1), "],
      "owner TEXT NOT NULL, ends_at INTEGER NOT NULL)"
    ])

    case take(lock) do
      :ok ->
        :ok

      {:held, owner} ->
        warn_once(lock, owner, started)
        Process.sleep(@interval)
        acquire(lock, started)
    end
  end

  # The holder's row gives way when it has ended or its process is gone; else nothing is written.
  defp take(lock) do
    held = holder(lock)
    gone = if held && gone?(held), do: held, else: ""

    taken =
      query!(
        lock,
        [
          ["INSERT INTO ", lock.table, " (id, owner, ends_at) "],
          "VALUES (1, ?1, CAST(strftime('%s', 'now') AS INTEGER) + ?2) ",
          "ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, ends_at = excluded.ends_at ",
          "WHERE ends_at < CAST(strftime('%s', 'now') AS INTEGER) OR owner = ?3 RETURNING owner"
        ],
        [lock.owner, lock.term, gone]
      )

    if taken.rows == [[lock.owner]], do: :ok, else: {:held, held}
  end

  defp holder(lock) do
    case query!(lock, ["SELECT owner FROM " | lock.table]).rows do
      [[owner]] -> owner
      [] -> nil
    end
  end

  # A process of this VM is asked, one of this machine looked for in /proc; elsewhere the term decides.
  defp gone?(owner) do
    case String.split(owner, " ") do
      [host, vm, pid | _] -> host == host() and gone?(vm, pid)
      _other -> false
    end
  end

  defp gone?(vm, "#PID" <> pid) do
    cond do
      vm == System.pid() -> not Process.alive?(:erlang.list_to_pid(String.to_charlist(pid)))
      File.dir?("/proc/self") -> not File.dir?("/proc/#{vm}")
      true -> false
    end
  end

  defp release(lock) do
    query!(lock, ["DELETE FROM ", lock.table, " WHERE owner = ?1"], [lock.owner])
    :ok
  end

  defp warn_once(lock, owner, started) do
    waited = System.monotonic_time(:millisecond) - started

    if div(waited, 10_000) != div(waited + @interval, 10_000) do
      Logger.info("#{inspect(lock.meta.repo)} waits for the migration lock of #{owner}")
    end
  end

  defp query!(lock, sql, params \\ []),
    do: Ecto.Adapters.SQL.query!(lock.meta, IO.iodata_to_binary(sql), params, lock.opts)
end
