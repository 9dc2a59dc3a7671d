/**
 * Behind a literal that is compared with a column of a system view. Such a column has the collation that the server was
 * installed with, the literal that of our session, and of two so weak ones that differ MariaDB refuses to choose (1267).
 */
export const byItsBytes = 'COLLATE utf8mb4_bin';
