defmodule EctoLibSql.Terms do
  @moduledoc false
  # Arbitrary terms for property tests that run without Hex. Every test's seed comes from its own
  # name and the suite's seed (printed at the start, ECTO_LIBSQL_SEED overrides it), so that neither
  # order nor selection changes what a test sees.

  @atoms [
    nil,
    true,
    false,
    :null,
    :local,
    :remote,
    :remote_replica,
    :unknown,
    :disable_sync,
    :enable_sync,
    :deferred,
    :immediate,
    :exclusive,
    :read_only,
    :conn_id,
    :trx_id,
    :stmt_id,
    :cursor_id,
    :transaction,
    :connection,
    :"odd atom",
    :infinity
  ]

  @texts [
    "",
    " ",
    "SELECT 1",
    "SELECT ?",
    "SELECT :a, @b, $c",
    "INSERT INTO t VALUES (1)",
    "BEGIN",
    "COMMIT",
    "COMMIT; BEGIN",
    "-- nothing",
    "/* open",
    "'",
    "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END;",
    "commit",
    "rollback",
    "sp",
    "1; DROP TABLE t",
    "é✓",
    "\0",
    "a\0b",
    <<0xFF, 0xFE>>,
    <<0xC3>>
  ]

  @integers [0, 1, -1, 255, 32_767, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, -0x8000000000000001]

  # The suite's seed.
  def base_seed do
    case System.get_env("ECTO_LIBSQL_SEED") do
      nil -> :persistent_term.get({__MODULE__, :seed}, 0)
      text -> String.to_integer(text)
    end
  end

  def choose_base_seed do
    :persistent_term.put(
      {__MODULE__, :seed},
      :erlang.unique_integer([:positive]) + :os.system_time()
    )

    base_seed()
  end

  # Seeds the calling process for one test and gives the seed.
  def seed(%{module: module, test: test}) do
    seed = :erlang.phash2({base_seed(), module, test})
    :rand.seed(:exsss, seed)
    seed
  end

  # Any term, of bounded size. `extra` are terms to include, e.g. valid ids.
  def any(extra \\ [], depth \\ 3) do
    case {:rand.uniform(12), depth} do
      {n, _} when n <= 2 and extra != [] -> pick(extra)
      {n, _} when n <= 3 -> pick(@atoms)
      {n, _} when n <= 5 -> text()
      {n, _} when n <= 7 -> integer()
      {8, _} -> :rand.normal() * 1.0e10
      {9, _} -> pick([self(), make_ref(), &any/0, <<5::3>>, {:blob, text()}, {:text, bytes()}])
      {_, 0} -> bytes()
      {10, _} -> some(fn -> any(extra, depth - 1) end)
      {11, _} -> Map.new(some(fn -> {any(extra, 0), any(extra, depth - 1)} end))
      {12, _} -> List.to_tuple(some(fn -> any(extra, depth - 1) end))
    end
  end

  # A keyword list with some of `keys` and any values.
  def keyword(keys, extra \\ []), do: some(fn -> {pick(keys), any(extra, 1)} end)

  # A value that SQLite can store and give back.
  def storable do
    pick([
      fn -> nil end,
      fn -> pick(Enum.filter(@integers, &(&1 in -0x8000000000000000..0x7FFFFFFFFFFFFFFF))) end,
      fn -> :rand.uniform(1_000_000) - 500_000 end,
      fn -> :rand.normal() end,
      fn -> pick(Enum.filter(@texts, &String.valid?/1)) end,
      fn -> bytes() end
    ]).()
  end

  def text, do: pick([fn -> pick(@texts) end, fn -> pick(@texts) <> pick(@texts) end]).()
  def bytes, do: :rand.bytes(:rand.uniform(24) - 1)

  def integer do
    case :rand.uniform(3) do
      1 -> pick(@integers)
      2 -> :rand.uniform(1000) - 500
      3 -> (:rand.uniform(0xFFFFFFFF) - 0x80000000) * pick(@integers)
    end
  end

  def pick(list), do: Enum.at(list, :rand.uniform(length(list)) - 1)

  defp some(fun),
    do: for(_ <- 1..:rand.uniform(4)//1, do: fun.()) |> Enum.drop(:rand.uniform(2) - 1)
end
