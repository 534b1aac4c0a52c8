defmodule Ecto.Adapters.LibSql.CatalogTest do
  # What the adapter reads about a schema.
  use EctoLibSql.EctoCase, async: true

  # A rebuild's foreign_key_check of a large table, in a migrator that waits for ever.
  test "what the adapter looks up about a schema may take longer than the repository's queries" do
    meta = Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
    meta = %{meta | opts: Keyword.put(meta.opts, :timeout, 20)}

    slow =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT max(i) FROM n"

    # The statement's timer, or the pool's, which closes the connection under the statement.
    assert {:error, %EctoLibSql.Error{kind: kind}} = Ecto.Adapters.SQL.query(meta, slow)
    assert kind in [:timeout, :interrupted, :not_found]
    assert Ecto.Adapters.LibSql.Catalog.rows(meta, slow) == [[2_000_000]]
  end
end
