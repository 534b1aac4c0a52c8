defmodule Ecto.Adapters.LibSql.Options.QueryTest do
  # Options of Repo functions.
  use EctoLibSql.EctoCase, async: true

  setup do
    sql!("""
    CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
    INSERT INTO t SELECT i, i FROM n
    """)

    :ok
  end

  test "a wrong value of an option is refused, naming the option and what it takes" do
    query = from(t in "t", where: t.id == 1, select: t.id)

    for {opts, message} <- [
          {[decode: :foo], "the option :decode must be :declared, got: :foo"},
          {[timeout: "x"], "the option :timeout must be milliseconds or :infinity, got: \"x\""},
          {[timeout: -5], "the option :timeout must be milliseconds or :infinity, got: -5"},
          {[timeout: nil], "the option :timeout must be milliseconds or :infinity, got: nil"},
          {[fkey_names: :x], "the option :fkey_names must be true or false, got: :x"},
          {[cache: 5], "the option :cache must be true or false, got: 5"},
          {[comment: 1], "the option :comment must be a string, got: 1"}
        ],
        call <- [
          fn -> Repo.all(query, opts) end,
          fn -> Repo.query("SELECT 1", [], opts) end,
          fn -> Repo.query_many("SELECT 1; SELECT 2", [], opts) end,
          fn -> Repo.insert_all("t", [[id: 7000]], opts) end,
          fn -> Repo.transaction(fn -> Enum.to_list(Repo.stream(query, opts)) end) end,
          fn -> Repo.explain(:all, query, [wrap_in_transaction: false] ++ opts) end
        ] do
      assert_raise ArgumentError, message, call
    end

    for opts <- [[timeout: "x"], [timeout: nil]] do
      assert_raise ArgumentError, ~r/:timeout/, fn -> Repo.transaction(fn -> 1 end, opts) end
      assert_raise ArgumentError, ~r/:timeout/, fn -> Enum.to_list(Repo.stream(query, opts)) end
    end

    assert Repo.all(query, timeout: :infinity, decode: nil, comment: nil, cache: false) == [1]
    assert rows("SELECT count(*) FROM t WHERE id = 7000") == [[0]]
  end

  describe "a misspelt option" do
    test "is refused with the option that is meant, by every Repo function" do
      query = from(t in "t", where: t.id == 1, select: t.id)

      for {key, meant} <- [
            tiemout: :timeout,
            timout: :timeout,
            retuning: :returning,
            on_confict: :on_conflict,
            conflict_targets: :conflict_target,
            max_row: :max_rows,
            decod: :decode,
            fkey_name: :fkey_names,
            coment: :comment,
            perfix: :prefix,
            moed: :mode
          ],
          call <- [
            &Repo.all(query, &1),
            &Repo.query("SELECT 1", [], &1),
            &Repo.query_many("SELECT 1; SELECT 2", [], &1),
            &Repo.insert_all("t", [[id: 7000]], &1),
            &Repo.update_all(query, [set: [v: 7000]], &1),
            &Repo.transaction(fn -> sql!("DELETE FROM t") end, &1),
            &Repo.checkout(fn -> Enum.to_list(Repo.stream(query, &1)) end)
          ] do
        message =
          "unknown option #{inspect(key)} (got: 5) of a query or a transaction; did you mean #{inspect(meant)}?"

        assert_raise ArgumentError, message, fn -> call.([{key, 5}]) end
      end

      assert rows("SELECT count(*), max(id), max(v) FROM t") == [[2500, 2500, 2500]]
    end

    test "is refused each time" do
      for _ <- 1..2 do
        assert_raise ArgumentError, ~r/did you mean :deadline/, fn ->
          Repo.query("SELECT 1", [], dedline: 1)
        end
      end
    end
  end

  # As in Ecto's guides to multi-tenancy.
  defmodule TenantRepo do
    use Ecto.Repo, otp_app: :ecto_libsql, adapter: Ecto.Adapters.LibSql

    def prepare_query(_operation, query, opts) do
      if opts[:skip_org_id], do: {query, opts}, else: {where(query, org_id: ^opts[:org_id]), opts}
    end
  end

  test "an application's own options reach prepare_query/3", %{folder: folder} do
    start_supervised!({TenantRepo, database: Path.join(folder, "tenants.db"), log: false})

    TenantRepo.query!("CREATE TABLE posts (id INTEGER PRIMARY KEY, org_id INTEGER)", [],
      skip_org_id: true
    )

    TenantRepo.insert_all("posts", [[org_id: 1], [org_id: 2]], skip_org_id: true)
    posts = from(p in "posts", select: p.id)
    assert TenantRepo.all(posts, org_id: 2) == [2]
    assert TenantRepo.all(posts, skip_org_id: true) == [1, 2]

    own = [
      skip_org_id: true,
      tenant: "a",
      actor: nil,
      with_deleted: true,
      model: :x,
      scope: 1,
      role: :admin
    ]

    assert {:ok, 2} =
             TenantRepo.transaction(fn -> TenantRepo.aggregate("posts", :count, own) end, own)
  end

  # What they add arrives with the options of a call: Ecto.Repo, Ecto.Migrator, DBConnection, the sandbox, Oban.
  test "no option that Ecto and its pools add looks misspelt" do
    for key <-
          ~w(caller source cast_params cache_statement ecto_query schema_migration repo telemetry_options
                  pool pool_size pool_count pool_index queue_target queue_interval ownership_timeout sandbox label
                  all to to_exclusive step log_migrations_sql log_migrator_sql skip_table_creation dynamic_repo
                  strict_version_order unallow_existing migration_lock migration_source isolation name oban shared
                  pre_checkin post_checkout read_only skip_locked tenant org_id skip_org_id)a do
      assert Ecto.Adapters.LibSql.Options.Query.check!([{key, nil}]) == :ok
    end
  end
end
